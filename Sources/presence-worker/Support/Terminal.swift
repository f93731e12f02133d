// SPDX-License-Identifier: Apache-2.0

import Operations

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The process's standard streams.
enum Terminal {
  /// Whether a person reads standard output as it comes.
  static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether a person reads standard error as it comes.
  static var isErrorInteractive: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether a person sits at standard input.
  static var isInputInteractive: Bool { isatty(STDIN_FILENO) == 1 }

  /// Whether standard output takes colours.
  static func takesColours(_ environment: [String: String]) -> Bool {
    isInteractive && LogStyle.allowsColours(environment)
  }

  /// The columns of the terminal; what most have where it does not say.
  static var columns: Int { size().columns }

  /// The rows of the terminal; what most have where it does not say.
  static var rows: Int { size().rows }

  /// Writes a text to standard output, as it is.
  ///
  /// Returns false where nobody reads it any more (`presence-worker watch | head`): the command then ends.
  @discardableResult
  static func write(_ text: String) -> Bool {
    write(Array(text.utf8), to: STDOUT_FILENO)
  }

  /// Writes a line to standard output.
  @discardableResult
  static func writeLine(_ line: String) -> Bool { write(line + "\n") }

  /// Writes bytes to standard output, untouched.
  @discardableResult
  static func write(_ bytes: [UInt8]) -> Bool { write(bytes, to: STDOUT_FILENO) }

  /// Writes a text to standard error, as it is.
  static func writeErrorText(_ text: String) { write(Array(text.utf8), to: STDERR_FILENO) }

  /// Writes a line to standard error.
  static func writeError(_ line: String) {
    write(Array((line + "\n").utf8), to: STDERR_FILENO)
  }

  /// Everything on standard input.
  static func readInput() -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(STDIN_FILENO, &chunk, chunk.count)
      if count > 0 { bytes += chunk[..<count] } else if count == 0 || errno != EINTR { return bytes }
    }
  }

  @discardableResult
  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var start = 0
      while start < buffer.count {
        #if canImport(Glibc)
          let written = Glibc.write(descriptor, buffer.baseAddress! + start, buffer.count - start)
        #elseif canImport(Musl)
          let written = Musl.write(descriptor, buffer.baseAddress! + start, buffer.count - start)
        #else
          let written = Darwin.write(descriptor, buffer.baseAddress! + start, buffer.count - start)
        #endif
        if written > 0 { start += written } else if written == 0 || errno != EINTR { return false }
      }
      return true
    }
  }

  private static func size() -> (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
      return (columns: 80, rows: 24)
    }
    return (columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}
