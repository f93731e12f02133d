// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// The built `presence-worker` as a process of its own, and its log.
struct WorkerProcess: Sendable {
  /// A line of the log.
  struct LogLine: Sendable, CustomStringConvertible {
    var level: String
    var message: String
    var metadata: [String: String]

    /// Reads a line of the log; nil for what is no record, such as a message on standard error.
    init?(_ line: String) {
      guard let fields = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        let level = fields["level"] as? String, let message = fields["message"] as? String
      else { return nil }
      self.level = level
      self.message = message
      metadata = (fields["metadata"] as? [String: Any] ?? [:]).mapValues { "\($0)" }
    }

    var description: String { "\(level) \(message) \(metadata)" }
  }

  /// The executable, which stands beside the bundle of the tests.
  static let executable: String = {
    let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
    let folder = (Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL ?? bundle)
      .deletingLastPathComponent()
    return folder.appendingPathComponent("presence-worker").path
  }()

  private let process: ChildProcess
  private let configuration: URL

  /// Starts the worker with a configuration file of this text.
  init(_ arguments: [String], configuration text: String = "", environment: [String: String] = [:]) throws {
    configuration = FileManager.default.temporaryDirectory
      .appendingPathComponent("presence-worker-\(UUID().uuidString).yaml")
    try Data(text.utf8).write(to: configuration)
    process = try ChildProcess(
      [Self.executable] + arguments + ["--config", configuration.path],
      environment: environment,
      output: .everything,
      outlivesInput: true
    )
  }

  /// The next record of the log with this message.
  @discardableResult
  func log(_ message: String) async throws -> LogLine {
    while true {
      if let line = LogLine(try await process.line()), line.message == message { return line }
    }
  }

  /// Everything that the worker has written and that was read so far.
  var transcript: [String] { process.transcript }

  /// The records so far from `warning` on.
  var complaints: [LogLine] {
    transcript.compactMap(LogLine.init).filter { ["warning", "error", "critical"].contains($0.level) }
  }

  func signal(_ number: Int32) { process.signal(number) }

  /// Writes another configuration, and tells the worker to read it.
  func reload(_ text: String) throws {
    try Data(text.utf8).write(to: configuration, options: .atomic)
    process.signal(SIGHUP)
  }

  /// Waits until the worker has ended, and says how.
  func waitUntilExit() async throws -> ChildProcess.Exit {
    let exit = try await process.waitUntilExit()
    try FileManager.default.removeItem(at: configuration)
    return exit
  }
}
