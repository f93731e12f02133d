// SPDX-License-Identifier: Apache-2.0

/// Reads the XML that networks answer with, and nothing that could hurt.
///
/// UTF-8 only; no document type, hence no entities but the five of XML and numeric ones; no processing instruction but
/// the XML declaration; at most 64 levels deep. A general XML library would have to be told to refuse all that.
struct XMLDocumentParser {
  static let maximumDepth = 64

  private let bytes: [UInt8]
  private var index = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func parseDocument() -> XMLElement? {
    _ = take([0xEF, 0xBB, 0xBF])
    if take("<?xml") {
      guard let byte = next, Self.isSpace(byte), let end = find("?>") else { return nil }
      index = end + 2
    }
    guard skipMiscellany(), next == UInt8(ascii: "<"), let root = parseElement(depth: 0), skipMiscellany() else {
      return nil
    }
    return index == bytes.count ? root : nil
  }

  // MARK: Elements

  private mutating func parseElement(depth: Int) -> XMLElement? {
    guard depth < Self.maximumDepth, take("<"), let name = parseName() else { return nil }
    var element = XMLElement(name: Self.local(name))
    var seen: Set<String> = []
    while true {
      let hadSpace = skipSpace()
      if take("/>") { return element }
      if take(">") { break }
      guard hadSpace, let attribute = parseName() else { return nil }
      skipSpace()
      guard take("=") else { return nil }
      skipSpace()
      guard let value = parseAttributeValue(), seen.insert(attribute).inserted else { return nil }
      let local = Self.local(attribute)
      if attribute != "xmlns", !attribute.hasPrefix("xmlns:"), element.attributes[local] == nil {
        element.attributes[local] = value
      }
    }
    return parseContent(of: &element, named: name, depth: depth) ? element : nil
  }

  private mutating func parseContent(of element: inout XMLElement, named name: String, depth: Int) -> Bool {
    while let byte = next {
      if byte != UInt8(ascii: "<") {
        guard let text = parseText(until: UInt8(ascii: "<")) else { return false }
        element.text += text
      } else if take("</") {
        guard parseName() == name else { return false }
        skipSpace()
        return take(">")
      } else if take("<![CDATA[") {
        guard let end = find("]]>") else { return false }
        element.text += String(decoding: bytes[index..<end], as: UTF8.self)
        index = end + 3
      } else if starts(with: "<!--") {
        guard skipComment() else { return false }
      } else {
        guard let child = parseElement(depth: depth + 1) else { return false }
        element.children.append(child)
      }
    }
    return false
  }

  private mutating func parseAttributeValue() -> String? {
    guard let quote = next, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    index += 1
    guard let value = parseText(until: quote), next == quote else { return nil }
    index += 1
    return value
  }

  /// Characters with entities resolved, up to a byte, which stays; an attribute must not have `<` inside.
  private mutating func parseText(until end: UInt8) -> String? {
    var text: [UInt8] = []
    while let byte = next, byte != end {
      switch byte {
      case UInt8(ascii: "<"): return nil
      case UInt8(ascii: "&"):
        guard let scalar = parseEntity() else { return nil }
        text.append(contentsOf: Character(scalar).utf8)
      case 0..<0x20 where !Self.isSpace(byte): return nil
      default:
        text.append(byte)
        index += 1
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func parseEntity() -> Unicode.Scalar? {
    guard let end = bytes[index...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = String(decoding: bytes[index + 1..<end], as: UTF8.self)
    index = end + 1
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    default:
      guard name.hasPrefix("#") else { return nil }
      let isHex = name.hasPrefix("#x")
      let digits = name.dropFirst(isHex ? 2 : 1)
      guard !digits.isEmpty, digits.allSatisfy({ isHex ? $0.isHexDigit : ("0"..."9").contains($0) }),
        let value = UInt32(digits, radix: isHex ? 16 : 10), value >= 0x20 || [0x09, 0x0A, 0x0D].contains(value)
      else { return nil }
      return Unicode.Scalar(value)
    }
  }

  // MARK: Bytes

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  @discardableResult
  private mutating func skipSpace() -> Bool {
    let start = index
    while let byte = next, Self.isSpace(byte) { index += 1 }
    return index > start
  }

  /// White space and comments outside of the root.
  private mutating func skipMiscellany() -> Bool {
    while true {
      skipSpace()
      guard starts(with: "<!--") else { return true }
      guard skipComment() else { return false }
    }
  }

  private mutating func skipComment() -> Bool {
    index += 4
    guard let end = find("-->") else { return false }
    index = end + 3
    return true
  }

  private mutating func parseName() -> String? {
    let start = index
    while let byte = next, Self.isNameByte(byte) { index += 1 }
    guard index > start, !(bytes[start] &- 0x30 <= 9), bytes[start] != UInt8(ascii: "-"),
      bytes[start] != UInt8(ascii: ".")
    else { return nil }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: ":"), 0x80...0xFF:
      true
    default: false
    }
  }

  private static func local(_ name: String) -> String {
    name.firstIndex(of: ":").map { String(name[name.index(after: $0)...]) } ?? name
  }

  private func starts(with word: StaticString) -> Bool {
    bytes[index...].starts(with: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
  }

  private mutating func take(_ word: StaticString) -> Bool {
    guard starts(with: word) else { return false }
    index += word.utf8CodeUnitCount
    return true
  }

  private mutating func take(_ mark: [UInt8]) -> Bool {
    guard bytes[index...].starts(with: mark) else { return false }
    index += mark.count
    return true
  }

  private func find(_ word: StaticString) -> Int? {
    let wanted = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    var position = index
    while position + wanted.count <= bytes.count {
      if bytes[position...].starts(with: wanted) { return position }
      position += 1
    }
    return nil
  }
}
