// SPDX-License-Identifier: Apache-2.0

/// A text that is used but never shown: printing, interpolating, reflecting or dumping one gives `(hidden)`.
public struct Secret: Sendable, Equatable {
  private let text: String

  /// A secret of that text.
  public init(_ text: String) { self.text = text }

  /// The text itself: for the one call that needs it, never for a message.
  public func reveal() -> String { text }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// `(hidden)`.
  public var description: String { "(hidden)" }

  /// `(hidden)`.
  public var debugDescription: String { description }

  /// No children, so that `dump` and debuggers' summaries do not show the text.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
