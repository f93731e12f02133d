// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The form of a log line.
public enum LogStyle: Sendable, Equatable {
  /// For people: `08:15:30.123 INFO  message key=value`; with colours or without.
  case human(colours: Bool)
  /// For machines: one JSON object.
  case json

  /// What suits a file descriptor: coloured lines on a terminal, JSON anywhere else.
  ///
  /// `NO_COLOR` (no-color.org) and `TERM=dumb` switch the colours off.
  public static func fitting(descriptor: Int32, environment: [String: String]) -> LogStyle {
    guard isatty(descriptor) == 1 else { return .json }
    return .human(colours: allowsColours(environment))
  }

  /// Whether colours are welcome in that environment.
  public static func allowsColours(_ environment: [String: String]) -> Bool {
    (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }
}
