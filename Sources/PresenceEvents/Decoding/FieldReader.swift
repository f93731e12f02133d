// SPDX-License-Identifier: Apache-2.0

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
  private var members: JSONContent
  private var seen: UInt32 = 0
  private var present: UInt32 = 0
  /// The field that `next` returned last.
  private(set) var current: CurrentField<Field>

  /// The value of the field that `next` returned last.
  @inline(__always) var value: JSONValue { current.value }

  @inline(__always)
  init(_ object: JSONValue) throws(DecodingFailure) {
    guard let members = object.members else { throw FieldReader.notAnObject(object) }
    self.members = members
    current = CurrentField(value: object)
  }

  /// Steps to the next known field that is not null.
  @inline(__always)
  mutating func next() throws(DecodingFailure) -> Field? {
    while let member = members.nextMember() {
      guard let known = Field(key: member.key) else { continue }
      current = CurrentField(field: known, value: member.value)
      let bit = UInt32(1) &<< UInt32(known.rawValue)
      guard seen & bit == 0 else { throw current.failure(.duplicateField, "stands there twice") }
      seen |= bit
      if member.value.isNull { continue }
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

  @inline(never)
  static func missing(_ field: Field) -> DecodingFailure {
    DecodingFailure(.missingField, field: "\(field)", problem: "is missing")
  }

  @inline(never)
  private static func notAnObject(_ value: JSONValue) -> DecodingFailure {
    DecodingFailure(.wrongType, field: "", problem: "should be an object and is \(value.kindName)")
  }

  /// Decodes the current value as a nested object; its failures are told with the whole path.
  @inline(__always)
  func nested<Value>(
    _ decode: (JSONValue) throws(DecodingFailure) -> Value
  ) throws(DecodingFailure) -> Value {
    do {
      return try decode(value)
    } catch {
      throw error.nested(in: current.name)
    }
  }

  /// Hands every element of the current array to `body`; its failures are told with index and path.
  @inline(__always)
  func forEachElement(
    _ body: (JSONValue) throws(DecodingFailure) -> Void
  ) throws(DecodingFailure) {
    guard var elements = value.elements else { throw current.wrongType("an array") }
    var index = 0
    while let element = elements.nextElement() {
      do {
        try body(element)
      } catch {
        throw error.nested(in: "[\(index)]").nested(in: current.name)
      }
      index += 1
    }
  }
}
