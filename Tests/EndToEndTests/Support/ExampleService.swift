// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// An example of `docs/examples` that runs beside the worker, and what it says.
struct ExampleService: Sendable {
  /// The folder of the examples.
  static let folder = Python.scripts.appendingPathComponent("../../docs/examples").standardizedFileURL

  private let process: ChildProcess

  /// Starts an example.
  init(_ script: String, _ arguments: [String]) throws {
    process = try ChildProcess([Python.interpreter, Self.folder.appendingPathComponent(script).path] + arguments)
  }

  /// Reads what the example says up to this line.
  func wait(for line: String) async throws {
    while try await process.line() != line {}
  }

  /// What it has said so far, as far as it was read.
  var transcript: [String] { process.transcript }

  /// Ends it as a crash would.
  func kill() async throws {
    process.signal(SIGKILL)
    try await process.waitUntilExit()
  }
}
