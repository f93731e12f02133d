// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A program that a test starts, talks to by lines, and stops.
final class ChildProcess: Sendable {
  /// What went wrong with a program.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let process: Process
  private let input: FileHandle
  private let lines: AsyncStream<String>

  /// Starts a program; it is searched for in the path.
  init(_ arguments: [String]) throws {
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    self.input = input.fileHandleForWriting
    let (lines, found) = AsyncStream.makeStream(of: String.self)
    self.lines = lines
    try process.run()
    let reading = output.fileHandleForReading
    Thread.detachNewThread {
      var rest = ""
      while true {
        let data = reading.availableData  // blocks until there is some; `read(upToCount:)` would wait for all of it
        if data.isEmpty { break }
        rest += String(decoding: data, as: UTF8.self)
        while let newline = rest.firstIndex(of: "\n") {
          found.yield(String(rest[..<newline]))
          rest = String(rest[rest.index(after: newline)...])
        }
      }
      found.finish()
    }
  }

  /// The next line of the program's output.
  func line() async throws -> String {
    var iterator = lines.makeAsyncIterator()
    guard let line = await iterator.next() else { throw Failure(description: "the program has ended") }
    return line
  }

  /// The next line, which must be this one.
  func expect(_ expected: String) async throws {
    let line = try await line()
    guard line == expected else { throw Failure(description: "\"\(line)\" instead of \"\(expected)\"") }
  }

  /// Writes a line to the program's input.
  func send(_ line: String) throws { try input.write(contentsOf: Data((line + "\n").utf8)) }

  /// Ends the program's input, and waits until the program has closed its output.
  func stop() async throws {
    try input.close()
    for await _ in lines {}
    process.waitUntilExit()
  }
}
