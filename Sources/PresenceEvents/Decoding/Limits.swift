// SPDX-License-Identifier: Apache-2.0

/// How long and how large the fields of events may be.
///
/// The contract fixes subject, body, status message, address and the number of readings; the rest is chosen here so
/// that every field has a bound. Characters are Unicode scalars, as in JSON Schema's `maxLength`.
public enum Limits {
  /// Users, spaces, ids, sources, devices, services, codes: bytes. They become keys, headers and labels.
  public static let identifierBytes = 256
  /// Display names and titles: characters.
  public static let nameCharacters = 255
  /// Subjects: characters.
  public static let subjectCharacters = 255
  /// Bodies: bytes.
  public static let bodyBytes = 256 << 10
  /// Status messages and messages of failures: characters; what is longer is cut at a grapheme cluster.
  public static let messageCharacters = 1_024
  /// Mail addresses: bytes (64 before the `@` and 255 behind it, RFC 5321).
  public static let mailAddressBytes = 320
  /// URLs of contexts: bytes.
  public static let urlBytes = 2_048
  /// URIs that launch a client: bytes.
  public static let launchURIBytes = 8_192
  /// `mailto:` URIs: bytes.
  public static let mailtoBytes = 2_000
  /// Steps of an outcome's trace.
  public static let traceSteps = 64
  /// Leases, validities and expiries, in seconds: up to a week.
  public static let seconds: ClosedRange<Int64> = 1...604_800
}
