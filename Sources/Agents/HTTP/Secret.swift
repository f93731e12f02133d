// SPDX-License-Identifier: Apache-2.0

/// A password or token, which no log and no description shows.
public struct Secret: Hashable, Sendable {
  private let value: String

  /// A secret of that value.
  public init(_ value: String) { self.value = value }

  /// The value, for a request that is about to be sent.
  public func reveal() -> String { value }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The text for people.
  public var description: String { "***" }

  /// The text with all details, which may name people.
  public var debugDescription: String { "***" }

  /// Nothing to reflect on, so that `dump` shows nothing either.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
