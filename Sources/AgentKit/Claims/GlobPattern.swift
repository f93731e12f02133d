// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// A pattern with `*` (any bytes, also none) and `?` (one byte), compared without regard to the case of ASCII letters.
///
/// Claims are judged on the enricher's hot path, so patterns are globs and not regular expressions: matching takes at
/// most (pattern × text) steps, allocates nothing and cannot blow up on hostile addresses.
public struct GlobPattern: Hashable, Sendable {
  /// The pattern as it was configured.
  public let text: String
  private let bytes: [UInt8]

  /// A pattern; every text is one.
  public init(_ text: String) {
    self.text = text
    self.bytes = text.utf8.map { byte in
      byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
  }

  /// Whether both are the same.
  public static func == (left: GlobPattern, right: GlobPattern) -> Bool { left.bytes == right.bytes }

  /// Takes in what equality compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

  /// Whether the whole of `view` is of this pattern.
  public func matches(_ view: ByteView) -> Bool {
    bytes.withUnsafeBufferPointer { pattern in
      var patternIndex = 0
      var index = 0
      var resume: (pattern: Int, index: Int)?  // behind the last star, and what that star has swallowed so far
      while index < view.count {
        if patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "*") {
          patternIndex += 1
          resume = (patternIndex, index)
        } else if patternIndex < pattern.count,
          pattern[patternIndex] == UInt8(ascii: "?") || pattern[patternIndex] == Self.lowered(view[index])
        {
          patternIndex += 1
          index += 1
        } else if let star = resume {
          resume = (star.pattern, star.index + 1)
          patternIndex = star.pattern
          index = star.index + 1
        } else {
          return false
        }
      }
      while patternIndex < pattern.count, pattern[patternIndex] == UInt8(ascii: "*") { patternIndex += 1 }
      return patternIndex == pattern.count
    }
  }

  private static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
