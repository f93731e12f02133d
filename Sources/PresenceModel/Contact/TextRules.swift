// SPDX-License-Identifier: Apache-2.0

/// What text may not carry into a header, a URI or a page (contract rule 8).
///
/// - *Controls* end a line or a field somewhere: U+0000 to U+001F, U+007F to U+009F, and the line and paragraph
///   separators U+2028 and U+2029, which end a line in JavaScript and in some mail programs. Subjects, names and
///   addresses that have one are refused.
/// - *Bidirectional overrides* make a text look like another: the embeddings and overrides U+202A to U+202E and the
///   isolates U+2066 to U+2069. They are stripped from names. The marks U+200E, U+200F and U+061C stay, since they turn
///   nothing around but a neutral character and belong into Hebrew and Arabic names.
///
/// All of it works on UTF-8 as it stands. Bytes that are not UTF-8 are ordinary text here; the decoders refuse them.
public enum TextRules {
  /// What a character is to these rules.
  @frozen
  public enum Kind: UInt8, Sendable {
    /// Text like any other.
    case ordinary
    /// A control or a separator of lines.
    case control
    /// A bidirectional embedding, override or isolate.
    case bidirectional
  }

  /// What begins at `index` of `text`, and its length in bytes; ordinary text counts byte by byte.
  @inlinable
  public static func kind(of text: ByteView, at index: Int) -> (kind: Kind, length: Int) {
    let byte = text[index]
    if byte < 0x20 || byte == 0x7F { return (.control, 1) }
    guard byte == 0xC2 || byte == 0xE2, index + 1 < text.count else { return (.ordinary, 1) }
    let second = text[index + 1]
    if byte == 0xC2 { return second >= 0x80 && second <= 0x9F ? (.control, 2) : (.ordinary, 1) }
    guard index + 2 < text.count else { return (.ordinary, 1) }
    switch (second, text[index + 2]) {
    case (0x80, 0xA8...0xA9): return (.control, 3)
    case (0x80, 0xAA...0xAE), (0x81, 0xA6...0xA9): return (.bidirectional, 3)
    default: return (.ordinary, 1)
    }
  }

  /// Whether there is any control: such a subject, name or address is refused.
  @inlinable
  public static func hasControl(_ text: ByteView) -> Bool { has(.control, text) }

  /// Whether there is any bidirectional embedding, override or isolate.
  @inlinable
  public static func hasBidirectional(_ text: ByteView) -> Bool { has(.bidirectional, text) }

  /// Writes a text without its bidirectional embeddings, overrides and isolates.
  @inlinable
  public static func writeStrippingBidirectional<Sink: ByteSink & ~Copyable>(_ text: ByteView, into sink: inout Sink) {
    var start = 0
    var index = 0
    while index < text.count {
      let (kind, length) = kind(of: text, at: index)
      if kind == .bidirectional {
        if start < index { sink.append(text[start..<index]) }
        start = index + length
      }
      index += length
    }
    if start < text.count { sink.append(text[start..<text.count]) }
  }

  @inlinable
  static func has(_ wanted: Kind, _ text: ByteView) -> Bool {
    var index = 0
    while index < text.count {
      let (kind, length) = kind(of: text, at: index)
      if kind == wanted { return true }
      index += length
    }
    return false
  }
}
