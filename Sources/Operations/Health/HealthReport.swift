// SPDX-License-Identifier: Apache-2.0

/// The answer to one question about a process's health, and the reasons for a no.
public struct HealthReport: Sendable, Equatable, Encodable {
  /// What stands in the way, for people; without personal data.
  public var reasons: [String]

  /// An answer: yes where there are no reasons against it.
  public init(reasons: [String] = []) { self.reasons = reasons }

  /// Whether the answer is yes.
  public var isGood: Bool { reasons.isEmpty }

  private enum Key: CodingKey { case status, reasons }

  /// Writes `{"status":"ok"}`, or `unavailable` with its reasons.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(isGood ? "ok" : "unavailable", forKey: .status)
    if !isGood { try container.encode(reasons, forKey: .reasons) }
  }
}
