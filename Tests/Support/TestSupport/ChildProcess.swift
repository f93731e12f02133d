// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A program that a test starts, talks to by lines, and stops.
public final class ChildProcess: Sendable {
  /// What went wrong with a program.
  public struct Failure: Error, CustomStringConvertible {
    /// What, with the last lines of the program.
    public let description: String

    /// A failure described so.
    public init(_ description: String) { self.description = description }
  }

  /// How a program has ended.
  public enum Exit: Equatable, Sendable {
    /// By itself, with a status.
    case status(Int32)
    /// By a signal.
    case signal(Int32)
  }

  /// What a program's lines are read from; what is not read goes where the tests' own output goes.
  public enum Output: Sendable {
    /// Standard output alone.
    case standardOutput
    /// Standard output and standard error.
    case everything
  }

  private let process: Process
  private let input: FileHandle
  private let lines: AsyncStream<String>
  private let ended: AsyncStream<Never>
  private let exit = Mutex<Exit?>(nil)
  private let read = Mutex<[String]>([])

  /// Starts a program; it is searched for in the path.
  ///
  /// - Parameters:
  ///   - arguments: the program and its arguments.
  ///   - environment: variables beside those of the tests.
  ///   - output: what its lines are read from.
  ///   - outlivesInput: whether the program goes on when its standard input ends. It is then killed with the tests,
  ///     however those end.
  public init(
    _ arguments: [String],
    environment: [String: String] = [:],
    output: Output = .standardOutput,
    outlivesInput: Bool = false
  ) throws {
    _ = ignoresBrokenPipes
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, own in own }
    let input = Pipe()
    let pipe = Pipe()
    process.standardInput = input
    process.standardOutput = pipe
    if output == .everything { process.standardError = pipe }
    self.input = input.fileHandleForWriting
    let (lines, found) = AsyncStream.makeStream(of: String.self)
    let (ended, ending) = AsyncStream.makeStream(of: Never.self)
    self.lines = lines
    self.ended = ended
    process.terminationHandler = { [weak self] process in
      let status = process.terminationStatus
      if outlivesInput { Reaper.shared.forget(process.processIdentifier) }
      self?.exit.withLock { $0 = process.terminationReason == .exit ? .status(status) : .signal(status) }
      ending.finish()
    }
    try process.runOneAtATime()
    if outlivesInput {
      Reaper.shared.watch(process.processIdentifier)
      if !process.isRunning { Reaper.shared.forget(process.processIdentifier) }  // its end came before the beginning
    }
    let reading = pipe.fileHandleForReading
    Thread.detachNewThread {
      var rest = Data()
      while true {
        let data = available(in: reading)
        if data.isEmpty { break }
        // Only what is new is searched: a line may have megabytes.
        var pieces = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let last = pieces.removeLast()
        for piece in pieces {
          found.yield(String(decoding: rest + piece, as: UTF8.self))
          rest.removeAll()
        }
        rest += last
      }
      found.finish()
    }
  }

  /// The next line of the program's output; throws where there is none any more, or when the task is cancelled.
  public func line() async throws -> String {
    var iterator = lines.makeAsyncIterator()
    guard let line = await iterator.next() else {
      try Task.checkCancellation()
      throw Failure("the program has ended; its last lines:\n\(transcript.suffix(20).joined(separator: "\n"))")
    }
    read.withLock { $0.append(line) }
    return line
  }

  /// The next line, which must be this one.
  public func expect(_ expected: String) async throws {
    let line = try await line()
    guard line == expected else { throw Failure("\"\(line)\" instead of \"\(expected)\"") }
  }

  /// The lines that were read so far.
  public var transcript: [String] { read.withLock { $0 } }

  /// Writes a line to the program's input.
  public func send(_ line: String) throws { try input.write(contentsOf: Data((line + "\n").utf8)) }

  /// Sends the program a signal.
  public func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Reads the program's output to its end, waits until it has ended, and says how.
  @discardableResult
  public func waitUntilExit() async throws -> Exit {
    var iterator = lines.makeAsyncIterator()
    while let line = await iterator.next() { read.withLock { $0.append(line) } }
    for await _ in ended {}
    guard let exit = exit.withLock({ $0 }) else { throw CancellationError() }
    return exit
  }

  /// Ends the program's input, and waits until the program has ended.
  @discardableResult
  public func stop() async throws -> Exit {
    try input.close()
    return try await waitUntilExit()
  }
}

/// What a pipe has, as soon as there is some; nothing at its end.
///
/// `FileHandle.availableData` ends the process where a signal comes in between, as one does to each thread of a process
/// that crashes, before it has said why.
private func available(in pipe: FileHandle) -> Data {
  var bytes = [UInt8](repeating: 0, count: 65_536)
  var count = -1
  repeat { count = read(pipe.fileDescriptor, &bytes, bytes.count) } while count < 0 && errno == EINTR
  return Data(bytes.prefix(max(0, count)))
}

/// A write to a program that has ended fails, and does not end the tests.
private let ignoresBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

/// Kills what tests have started when the process of the tests ends, even by SIGKILL: a shell that reads the ids of
/// processes to watch (`+1`) and to forget (`-1`), and whose input ends with the tests.
private final class Reaper: Sendable {
  static let shared = Reaper()

  private let input: Mutex<FileHandle>

  private init() {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/bash")
    shell.arguments = [
      "-c",
      """
      trap '' INT TERM HUP
      declare -A watched
      while read -r line; do
        case $line in +*) watched[${line#+}]=1 ;; -*) unset "watched[${line#-}]" ;; esac
      done
      [ ${#watched[@]} = 0 ] || kill -KILL "${!watched[@]}"
      """,
    ]
    let pipe = Pipe()
    shell.standardInput = pipe
    input = Mutex(pipe.fileHandleForWriting)
    do {
      try shell.runOneAtATime()
    } catch {
      fatalError("no bash to clean up after the tests: \(error)")
    }
  }

  func watch(_ id: Int32) { write("+\(id)\n") }

  func forget(_ id: Int32) { write("-\(id)\n") }

  private func write(_ line: String) {
    input.withLock { input in
      do {
        try input.write(contentsOf: Data(line.utf8))
      } catch {
        fatalError("what cleans up after the tests has ended: \(error)")
      }
    }
  }
}
