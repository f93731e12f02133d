// SPDX-License-Identifier: Apache-2.0

/// Cuts the bytes of an XMPP stream into its header and its stanzas, however they come, and holds none longer than it
/// must.
///
/// It only looks for where elements begin and end; `XMLDocumentParser` judges them. Comments, processing instructions
/// and document types, which RFC 6120 forbids in a stream, end it.
package struct XMPPStreamFramer: Sendable {
  /// What was cut out.
  package enum Frame: Equatable, Sendable {
    /// The start tag of the stream.
    case header([UInt8])
    /// A whole stanza.
    case stanza([UInt8])
    /// A stanza that has more bytes than are taken; it was left out.
    case tooLarge
    /// The end tag of the stream.
    case end
    /// These bytes are no XMPP stream; whatever follows is not looked at.
    case broken(String)
  }

  /// A stanza of more bytes than this ends the stream: whoever sends it does not mean to end it.
  package static let unendingBytes = 16 << 20

  private enum Place {
    case text
    case tagOpened
    case startTag
    case quoted(UInt8)
    case endTag
    /// In `<!`, with how much of `[CDATA[` was there.
    case declaration(Int)
    /// With how many of `]` were there.
    case characterData(Int)
    case instruction
    case ended
  }

  private static let characterDataMark = Array("[CDATA[".utf8)

  private let maximumBytes: Int
  private var place = Place.text
  private var depth = 0
  private var frame: [UInt8] = []
  private var size = 0
  private var last: UInt8 = 0

  /// A stream that has not begun.
  ///
  /// - Parameter maximumBytes: how many bytes of a stanza are taken.
  package init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

  /// How many bytes of a stanza are held that has not ended.
  package var heldBytes: Int { frame.count }

  /// Takes bytes, and gives what they have completed.
  package mutating func receive(_ bytes: some Sequence<UInt8>) -> [Frame] {
    var frames: [Frame] = []
    for byte in bytes {
      guard let found = take(byte) else { continue }
      frames.append(found)
      switch found {
      case .end, .broken:
        place = .ended
        frame = []
        return frames
      case .header, .stanza, .tooLarge: break
      }
    }
    return frames
  }

  private mutating func take(_ byte: UInt8) -> Frame? {
    defer { last = byte }
    if case .ended = place { return nil }
    if case .text = place, depth < 2, byte != UInt8(ascii: "<") {
      return Self.isSpace(byte) || isByteOrderMark(byte) ? nil : .broken("text between stanzas")
    }
    keep(byte)
    if size > Self.unendingBytes || (depth == 0 && size > maximumBytes) { return .broken("a stanza does not end") }
    switch place {
    case .ended: return nil
    case .text:
      if byte == UInt8(ascii: "<") { place = .tagOpened }
      return nil
    case .tagOpened: return takeTag(byte)
    case .quoted(let quote):
      if byte == quote { place = .startTag }
      return nil
    case .startTag:
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"): place = .quoted(byte)
      case UInt8(ascii: "<"): return .broken("a tag within a tag")
      case UInt8(ascii: ">"): return endOfStartTag()
      default: break
      }
      return nil
    case .endTag:
      return byte == UInt8(ascii: ">") ? endOfElement() : nil
    case .declaration(let count):
      guard byte == Self.characterDataMark[count], depth > 1 else { return .broken("a declaration or a comment") }
      place = count + 1 == Self.characterDataMark.count ? .characterData(0) : .declaration(count + 1)
      return nil
    case .characterData(let brackets):
      switch byte {
      case UInt8(ascii: "]"): place = .characterData(brackets + 1)
      case UInt8(ascii: ">") where brackets >= 2: place = .text
      default: place = .characterData(0)
      }
      return nil
    case .instruction:
      guard byte == UInt8(ascii: ">"), last == UInt8(ascii: "?") else { return nil }
      place = .text
      forget()
      return nil
    }
  }

  private mutating func takeTag(_ byte: UInt8) -> Frame? {
    switch byte {
    case UInt8(ascii: "/") where depth > 0: place = .endTag
    case UInt8(ascii: "!"): place = .declaration(0)
    case UInt8(ascii: "?") where depth == 0: place = .instruction
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...:
      place = .startTag
    default: return .broken("a tag without a name")
    }
    return nil
  }

  private mutating func endOfStartTag() -> Frame? {
    place = .text
    if last == UInt8(ascii: "/") {
      guard depth > 0 else { return .broken("an empty stream") }
      return depth == 1 ? stanza() : nil
    }
    depth += 1
    guard depth == 1 else { return nil }
    defer { forget() }
    return .header(frame)
  }

  private mutating func endOfElement() -> Frame? {
    place = .text
    depth -= 1
    switch depth {
    case 0: return .end
    case 1: return stanza()
    default: return nil
    }
  }

  private mutating func stanza() -> Frame {
    defer { forget() }
    return size > maximumBytes ? .tooLarge : .stanza(frame)
  }

  private mutating func keep(_ byte: UInt8) {
    size += 1
    if size <= maximumBytes {
      frame.append(byte)
    } else if !frame.isEmpty {
      frame = []
    }
  }

  private mutating func forget() {
    frame.removeAll(keepingCapacity: frame.capacity <= 4_096)
    size = 0
  }

  private func isByteOrderMark(_ byte: UInt8) -> Bool { depth == 0 && [0xEF, 0xBB, 0xBF].contains(byte) }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }
}
