// SPDX-License-Identifier: Apache-2.0

import CSimdJSON
import PresenceModel

/// The known fields of one JSON object; a case's name is the field's name on the wire.
protocol EventField: RawRepresentable where RawValue == UInt8 {
  /// The field of a key; nil where the key is not known, which is no error.
  init?(key: ByteView)
}

/// Walks over one object's members and reads the values of its known fields.
///
/// ```swift
/// var fields = try FieldReader<Field>(value)
/// while let field = try fields.next() {
///   switch field {
///   case .user: user = try fields.identifier()
///   }
/// }
/// try fields.require(.user)
/// ```
///
/// Unknown fields are skipped. A known field that stands there twice is refused: two readers would disagree on which
/// one counts. A null is the same as an absent field, since many serialisers write absent ones so.
struct FieldReader<Field: EventField> {
  private var position: UnsafePointer<csj_token>
  private let end: UnsafePointer<csj_token>
  private var seen: UInt32 = 0
  private var present: UInt32 = 0
  private var field: Field?
  /// The value of the field that `next` returned last.
  private(set) var value: JSONValue

  @inline(__always)
  init(_ object: JSONValue) throws(DecodingFailure) {
    guard object.isObject else { throw FieldReader.notAnObject(object) }
    position = object.token + 1
    end = object.end
    value = object
  }

  /// Steps to the next known field that is not null.
  @inline(__always)
  mutating func next() throws(DecodingFailure) -> Field? {
    while position < end {
      let key = ByteView(base: position.pointee.text, count: Int(position.pointee.extent))
      value = JSONValue(token: position + 1)
      position = value.end
      guard let known = Field(key: key) else { continue }
      field = known
      let bit = UInt32(1) &<< UInt32(known.rawValue)
      guard seen & bit == 0 else { throw failure(.duplicateField, "stands there twice") }
      seen |= bit
      if value.isNull { continue }
      present |= bit
      return known
    }
    return nil
  }

  /// Whether the field was there and not null.
  @inline(__always)
  func has(_ field: Field) -> Bool { present & (UInt32(1) &<< UInt32(field.rawValue)) != 0 }

  /// Refuses an object without this field.
  @inline(__always)
  func require(_ field: Field) throws(DecodingFailure) {
    guard has(field) else { throw FieldReader.missing(field) }
  }

  /// A failure of the current field.
  @inline(never)
  func failure(_ code: DecodingFailure.Code, _ problem: String) -> DecodingFailure {
    DecodingFailure(code, field: name, problem: problem)
  }

  @inline(never)
  static func missing(_ field: Field) -> DecodingFailure {
    DecodingFailure(.missingField, field: "\(field)", problem: "is missing")
  }

  @inline(never)
  private static func notAnObject(_ value: JSONValue) -> DecodingFailure {
    DecodingFailure(.wrongType, field: "", problem: "should be an object and is \(value.kindName)")
  }

  @inline(never)
  func wrongType(_ expected: String) -> DecodingFailure {
    failure(.wrongType, "should be \(expected) and is \(value.kindName)")
  }

  private var name: String { field.map { "\($0)" } ?? "" }

  /// Decodes the current value as a nested object; its failures are told with the whole path.
  @inline(__always)
  func nested<Value>(
    _ decode: (JSONValue) throws(DecodingFailure) -> Value
  ) throws(DecodingFailure) -> Value {
    do {
      return try decode(value)
    } catch {
      throw error.nested(in: name)
    }
  }

  /// Hands every element of the current array to `body`; its failures are told with index and path.
  @inline(__always)
  func forEachElement(
    _ body: (JSONValue) throws(DecodingFailure) -> Void
  ) throws(DecodingFailure) {
    guard var elements = value.elements else { throw wrongType("an array") }
    var index = 0
    while let element = elements.next() {
      do {
        try body(element)
      } catch {
        throw error.nested(in: "[\(index)]").nested(in: name)
      }
      index += 1
    }
  }
}
