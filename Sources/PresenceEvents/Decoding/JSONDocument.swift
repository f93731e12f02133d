// SPDX-License-Identifier: Apache-2.0

import CSimdJSON
import PresenceModel

/// A parser with its buffers, and the document that it parsed last.
final class JSONDocument {
  /// The most bytes of one document. A body of 256 KiB may arrive with every byte escaped, inside of a look-up, and in
  /// base64.
  static let maximumBytes = 8 << 20
  /// The most containers inside of each other; unknown fields are what may be nested deeper than a few levels.
  static let maximumDepth = 32

  private let parser: ParserHandle

  init() {
    guard let parser = csj_parser_create(JSONDocument.maximumBytes, JSONDocument.maximumDepth) else {
      fatalError("no memory for a JSON parser")
    }
    self.parser = ParserHandle(pointer: parser)
  }

  /// Parses one document; values of the previous one are no longer valid.
  func parse(_ bytes: UnsafeRawBufferPointer) throws(DecodingFailure) -> JSONValue {
    let content = JSONDocument.withoutByteOrderMark(bytes)
    let status = csj_parse(parser.pointer, content.baseAddress, content.count)
    guard status == CSJ_OK else { throw failure(status, count: content.count) }
    return JSONValue(token: csj_tokens(parser.pointer))
  }

  /// RFC 8259 lets a parser ignore the mark, and editors on Windows write it.
  private static func withoutByteOrderMark(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF else { return bytes }
    return UnsafeRawBufferPointer(rebasing: bytes[3...])
  }

  @inline(never)
  private func failure(_ status: csj_status, count: Int) -> DecodingFailure {
    switch status {
    case CSJ_INVALID_UTF8: DecodingFailure(.invalidUTF8, field: "", problem: "is not UTF-8")
    case CSJ_TOO_LARGE:
      DecodingFailure(.tooLarge, field: "", problem: "has \(count) bytes, more than \(JSONDocument.maximumBytes)")
    case CSJ_TOO_DEEP:
      DecodingFailure(.malformedJSON, field: "", problem: "is nested deeper than \(JSONDocument.maximumDepth)")
    case CSJ_NO_MEMORY: DecodingFailure(.outOfMemory, field: "", problem: "found no memory to be parsed in")
    default:
      DecodingFailure(
        .malformedJSON,
        field: "",
        problem: "is not JSON: \(String(cString: csj_status_message(parser.pointer)))"
      )
    }
  }
}

/// The one owner of a parser's pointer.
private struct ParserHandle: ~Copyable {
  let pointer: OpaquePointer

  deinit { csj_parser_free(pointer) }
}

/// One value of a parsed document; valid until its document parses again.
struct JSONValue {
  let token: UnsafePointer<csj_token>

  /// The token behind this value.
  @inline(__always) var end: UnsafePointer<csj_token> {
    token + (token.pointee.kind >= CSJ_ARRAY.rawValue ? Int(token.pointee.extent) : 1)
  }

  @inline(__always) var isNull: Bool { token.pointee.kind == CSJ_NULL.rawValue }
  @inline(__always) var isObject: Bool { token.pointee.kind == CSJ_OBJECT.rawValue }

  /// The text of a string; nil for anything else.
  @inline(__always) var text: ByteView? {
    guard token.pointee.kind == CSJ_STRING.rawValue else { return nil }
    return ByteView(base: token.pointee.text, count: Int(token.pointee.extent))
  }

  /// `true` or `false`; nil for anything else.
  @inline(__always) var boolean: Bool? {
    switch token.pointee.kind {
    case CSJ_TRUE.rawValue: true
    case CSJ_FALSE.rawValue: false
    default: nil
    }
  }

  /// Whether this is a number of any kind.
  var isNumber: Bool { token.pointee.kind >= CSJ_INTEGER.rawValue && token.pointee.kind <= CSJ_DOUBLE.rawValue }

  /// A number without fraction that an `Int64` holds; nil for anything else.
  ///
  /// `60.0` is such a number, as it is for JSON Schema: there are producers that know no other.
  @inline(__always) var integer: Int64? {
    switch token.pointee.kind {
    case CSJ_INTEGER.rawValue: token.pointee.integer
    case CSJ_DOUBLE.rawValue where abs(token.pointee.real) <= 9_007_199_254_740_992: Int64(exactly: token.pointee.real)
    default: nil
    }
  }

  /// The elements of an array; nil for anything else.
  var elements: JSONElements? {
    guard token.pointee.kind == CSJ_ARRAY.rawValue else { return nil }
    return JSONElements(position: token + 1, end: end)
  }

  /// The kind of value, with its article.
  var kindName: String {
    switch token.pointee.kind {
    case CSJ_NULL.rawValue: "null"
    case CSJ_FALSE.rawValue, CSJ_TRUE.rawValue: "a boolean"
    case CSJ_STRING.rawValue: "a string"
    case CSJ_ARRAY.rawValue: "an array"
    case CSJ_OBJECT.rawValue: "an object"
    default: "a number"
    }
  }

  /// A number as it would be written.
  var numberText: String {
    switch token.pointee.kind {
    case CSJ_INTEGER.rawValue: "\(token.pointee.integer)"
    case CSJ_UNSIGNED.rawValue: "\(token.pointee.natural)"
    default: "\(token.pointee.real)"
    }
  }
}

/// The elements of an array, one after the other.
struct JSONElements {
  var position: UnsafePointer<csj_token>
  let end: UnsafePointer<csj_token>

  mutating func next() -> JSONValue? {
    guard position < end else { return nil }
    let value = JSONValue(token: position)
    position = value.end
    return value
  }
}
