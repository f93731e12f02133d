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
    var status = csj_find(parser.pointer, content.baseAddress, content.count)
    let found = csj_found(parser.pointer)
    if status == CSJ_OK, !PlainDocument.write(found.pointee, length: content.count) {
      status = csj_judge(parser.pointer)
    }
    guard status == CSJ_OK else { throw failure(status, count: content.count) }
    return JSONValue(word: Int(CSJ_ROOT), of: found)
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
///
/// It stands on a tape of 64-bit words as simdjson has it: see `csj_kind`.
struct JSONValue {
  private let document: UnsafePointer<csj_document>
  private let position: UnsafePointer<UInt64>

  /// The value that begins at an index of a document's tape.
  @inline(__always)
  init(word index: Int, of document: UnsafePointer<csj_document>) {
    self.document = document
    position = UnsafePointer(document.pointee.tape) + index
  }

  @inline(__always)
  fileprivate init(at position: UnsafePointer<UInt64>, of document: UnsafePointer<csj_document>) {
    self.document = document
    self.position = position
  }

  @inline(__always) private var kind: UInt32 { UInt32(truncatingIfNeeded: position.pointee >> 56) }
  @inline(__always) private var number: UInt64 { position[1] }

  /// The word behind this value.
  @inline(__always) fileprivate var end: UnsafePointer<UInt64> {
    if kind == CSJ_STRING.rawValue { return position + 1 }
    if kind == CSJ_INTEGER.rawValue { return position + 2 }
    return endOfOthers
  }

  @inline(never) private var endOfOthers: UnsafePointer<UInt64> {
    switch kind {
    case CSJ_OBJECT.rawValue, CSJ_ARRAY.rawValue:
      UnsafePointer(document.pointee.tape) + Int(UInt32(truncatingIfNeeded: position.pointee))
    case CSJ_UNSIGNED.rawValue, CSJ_DOUBLE.rawValue: position + 2
    default: position + 1
    }
  }

  /// What is in an object or an array.
  @inline(__always) private var content: JSONContent {
    JSONContent(position: position + 1, end: end - 1, document: document)
  }

  @inline(__always) var isNull: Bool { kind == CSJ_NULL.rawValue }

  @inline(__always) var isObject: Bool { kind == CSJ_OBJECT.rawValue }

  /// The text of a string; nil for anything else.
  @inline(__always) var text: ByteView? {
    guard kind == CSJ_STRING.rawValue else { return nil }
    return string
  }

  /// The text of what is a string.
  @inline(__always) fileprivate var string: ByteView {
    let word = position.pointee
    return ByteView(
      base: UnsafePointer(document.pointee.texts + Int(UInt32(truncatingIfNeeded: word))),
      count: Int(truncatingIfNeeded: word >> 32 & 0xFF_FFFF)
    )
  }

  /// `true` or `false`; nil for anything else.
  @inline(__always) var boolean: Bool? {
    switch kind {
    case CSJ_TRUE.rawValue: true
    case CSJ_FALSE.rawValue: false
    default: nil
    }
  }

  /// Whether this is a number of any kind.
  var isNumber: Bool {
    kind == CSJ_INTEGER.rawValue || kind == CSJ_UNSIGNED.rawValue || kind == CSJ_DOUBLE.rawValue
  }

  /// A number without fraction that an `Int64` holds; nil for anything else.
  ///
  /// `60.0` is such a number, as it is for JSON Schema: there are producers that know no other.
  @inline(__always) var integer: Int64? {
    switch kind {
    case CSJ_INTEGER.rawValue: Int64(bitPattern: number)
    case CSJ_DOUBLE.rawValue: integerOfDouble
    default: nil
    }
  }

  @inline(never) private var integerOfDouble: Int64? {
    let real = Double(bitPattern: number)
    return abs(real) <= 9_007_199_254_740_992 ? Int64(exactly: real) : nil
  }

  /// The members of an object; nil for anything else.
  @inline(__always) var members: JSONContent? { isObject ? content : nil }

  /// The elements of an array; nil for anything else.
  var elements: JSONContent? { kind == CSJ_ARRAY.rawValue ? content : nil }

  /// The kind of value, with its article.
  var kindName: String {
    switch kind {
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
    switch kind {
    case CSJ_INTEGER.rawValue: "\(Int64(bitPattern: number))"
    case CSJ_UNSIGNED.rawValue: "\(number)"
    default: "\(Double(bitPattern: number))"
    }
  }
}

/// What is in an object or in an array, one after the other.
struct JSONContent {
  private var position: UnsafePointer<UInt64>
  private let end: UnsafePointer<UInt64>
  private let document: UnsafePointer<csj_document>

  @inline(__always)
  fileprivate init(
    position: UnsafePointer<UInt64>,
    end: UnsafePointer<UInt64>,
    document: UnsafePointer<csj_document>
  ) {
    self.position = position
    self.end = end
    self.document = document
  }

  /// The next element of an array.
  @inline(__always)
  mutating func nextElement() -> JSONValue? {
    guard position < end else { return nil }
    let value = JSONValue(at: position, of: document)
    position = value.end
    return value
  }

  /// The next member of an object.
  @inline(__always)
  mutating func nextMember() -> (key: ByteView, value: JSONValue)? {
    guard position < end else { return nil }
    let key = JSONValue(at: position, of: document).string
    let value = JSONValue(at: position + 1, of: document)
    position = value.end
    return (key, value)
  }
}
