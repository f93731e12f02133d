// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A server that a `run.sh` of `Tests/Support` runs, and what it has said of it.
public struct ServerScript: Sendable {
  /// The script.
  public let process: ChildProcess
  private let values: [String: String]

  /// Starts `Tests/Support/FOLDER/run.sh`; returns when the server answers.
  public init(_ folder: String, _ arguments: [String] = []) async throws {
    process = try ChildProcess([Python.scripts.appendingPathComponent("\(folder)/run.sh").path] + arguments)
    let words = try await process.line().split(separator: " ")
    guard words.first == "READY" else {
      throw ChildProcess.Failure("\"\(words.joined(separator: " "))\" instead of READY")
    }
    let pairs = words.dropFirst().map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    values = Dictionary(uniqueKeysWithValues: pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) })
  }

  /// What the script has said by that name.
  public func text(_ name: String) throws -> String {
    guard let text = values[name] else { throw ChildProcess.Failure("run.sh says nothing of \(name)") }
    return text
  }

  /// The number that the script has said by that name.
  public func number(_ name: String) throws -> Int {
    guard let number = Int(try text(name)) else { throw ChildProcess.Failure("run.sh says no number for \(name)") }
    return number
  }

  /// Runs `body`, and ends the server after it, however it ends.
  public func stopping<Result>(after body: () async throws -> Result) async throws -> Result {
    let result: Result
    do {
      result = try await body()
    } catch {
      try await process.stop()
      throw error
    }
    try await process.stop()
    return result
  }
}
