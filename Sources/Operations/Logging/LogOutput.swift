// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where log lines go, one whole line at a time.
public final class LogOutput: Sendable {
  /// The process's standard error.
  public static let standardError = LogOutput(descriptor: 2)

  private let descriptor: Int32
  private let turn = Mutex(())

  /// An output to an open file descriptor, which stays the caller's.
  public init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes a line and its end.
  ///
  /// Lines of several threads do not mix. What cannot be written is dropped: a log that nobody reads any more must
  /// not stop the worker.
  public func write(_ line: String) {
    var bytes = Array(line.utf8)
    bytes.append(UInt8(ascii: "\n"))
    turn.withLock { _ in
      var start = 0
      while start < bytes.count {
        let written = bytes.withUnsafeBytes { buffer in
          #if canImport(Darwin)
            Darwin.write(descriptor, buffer.baseAddress! + start, buffer.count - start)
          #elseif canImport(Musl)
            Musl.write(descriptor, buffer.baseAddress! + start, buffer.count - start)
          #else
            Glibc.write(descriptor, buffer.baseAddress! + start, buffer.count - start)
          #endif
        }
        if written > 0 { start += written } else if written == 0 || errno != EINTR { return }
      }
    }
  }
}
