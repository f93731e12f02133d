// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Damaged records by the thousand, judged by code that shares nothing with the worker; `make poison` runs more of them.
@Suite(.enabled(if: Stage.missing == nil, Comment(rawValue: Stage.missing ?? "")), .timeLimit(.minutes(20)))
struct PoisonTests {
  private static let script = Python.scripts.deletingLastPathComponent()
    .appendingPathComponent("Torture/poison.py").path

  @Test("Each bad record is one dead letter, untouched; each good one has its effect; the worker stays", arguments: [8])
  func poison(_ seed: Int) async throws {
    let count = 5_000
    let poison = try ChildProcess(
      [Python.interpreter, Self.script, "--count", "\(count)", "--seed", "\(seed)"]
        + ["--worker", WorkerProcess.executable],
      output: .everything,
      outlivesInput: true
    )
    let exit = try await poison.waitUntilExit()
    #expect(exit == .status(0), "\(poison.transcript.joined(separator: "\n"))")
    let report = try #require(poison.transcript.last { $0.hasPrefix("{") })
    let fields = try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any]
    func number(_ name: String) -> Int { fields?[name] as? Int ?? 0 }
    #expect(number("refused") + number("accepted") + number("spaces") == count)
    #expect(number("refused") > count / 2)
    #expect(number("accepted") > count / 10)
    #expect(number("outcomes") > count / 50)
    // Hardly anything may be left to either opinion.
    #expect(number("open") < count / 20)
  }
}
