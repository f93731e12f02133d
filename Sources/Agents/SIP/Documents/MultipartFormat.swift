// SPDX-License-Identifier: Apache-2.0

/// Cuts a `multipart/related` body into its parts (RFC 2046, RFC 2387).
enum MultipartFormat {
  /// The most parts that are taken.
  static let maximumParts = 2_048

  /// A part.
  struct Part: Hashable {
    /// The value of `Content-Type`, in full.
    let contentType: String
    /// `Content-ID` without its angle brackets; nil where there is none.
    let contentID: String?
    /// What is in it.
    let body: [UInt8]
  }

  /// The parts; nil where the body is not whole, or has more than `maximumParts`.
  static func parse(_ body: [UInt8], boundary: String) -> [Part]? {
    guard (1...70).contains(boundary.utf8.count) else { return nil }
    let mark = Array("--\(boundary)".utf8)
    var parts: [Part] = []
    guard var start = find(mark, in: body, from: 0) else { return nil }
    while true {
      let afterMark = start + mark.count
      if body[afterMark...].starts(with: Array("--".utf8)) { return parts }
      guard parts.count < maximumParts, let lineEnd = body[afterMark...].firstIndex(of: 0x0A),
        let next = find(mark, in: body, from: lineEnd)
      else { return nil }
      guard let part = part(of: body[(lineEnd + 1)..<max(lineEnd + 1, next)]) else { return nil }
      parts.append(part)
      start = next
    }
  }

  private static func part(of bytes: ArraySlice<UInt8>) -> Part? {
    // A part that starts with an empty line has no fields.
    let hasFields = bytes.first != 0x0D && bytes.first != 0x0A
    let end = hasFields ? SIPMessageParser.endOfHead(bytes) : bytes.firstIndex(of: 0x0A).map { $0 + 1 }
    guard let end, let head = String(validating: bytes[..<end], as: UTF8.self) else { return nil }
    var fields: [String: String] = [:]
    for line in head.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }  // such as a folded parameter
      fields[String(line[..<colon]).trimmed.lowercased()] = String(line[line.index(after: colon)...]).trimmed
    }
    var body = bytes[end...]
    if body.last == 0x0A { body.removeLast() }  // the line end before a boundary belongs to the boundary
    if body.last == 0x0D { body.removeLast() }
    let contentID = fields["content-id"].map { id in
      id.hasPrefix("<") && id.hasSuffix(">") ? String(id.dropFirst().dropLast()) : id
    }
    return Part(contentType: fields["content-type"] ?? "", contentID: contentID, body: Array(body))
  }

  /// The next boundary, which stands at the start of a line.
  private static func find(_ mark: [UInt8], in body: [UInt8], from start: Int) -> Int? {
    var index = start
    while let place = body[index...].firstIndex(of: UInt8(ascii: "-")) {
      if place == 0 || body[place - 1] == 0x0A, body[place...].starts(with: mark) { return place }
      index = place + 1
    }
    return nil
  }
}
