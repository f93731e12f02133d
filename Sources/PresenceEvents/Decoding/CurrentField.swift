// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// The field that a reader stands at and its value: all that there is to tell of a failure.
///
/// The failures are its methods and not the reader's, so that nothing has to copy a reader for a failure that hardly
/// ever happens: a copy of what has just been written waits for the writes, a dozen cycles for each field.
struct CurrentField<Field: EventField> {
  /// Nil before the first.
  var field: Field?
  var value: JSONValue

  /// The name on the wire.
  var name: String { field.map { "\($0)" } ?? "" }

  @inline(never)
  func failure(_ code: DecodingFailure.Code, _ problem: String) -> DecodingFailure {
    DecodingFailure(code, field: name, problem: problem)
  }

  @inline(never)
  func wrongType(_ expected: String) -> DecodingFailure {
    failure(.wrongType, "should be \(expected) and is \(value.kindName)")
  }

  @inline(never)
  func invalid(_ shape: ValueShape, _ problem: String) -> DecodingFailure {
    failure(.invalidValue, "\(shape.describe(value)) \(problem)")
  }

  @inline(never)
  func unknown(_ names: String) -> DecodingFailure { invalid(.plain, "is not one of \(names)") }

  @inline(never)
  func notAnInteger() -> DecodingFailure {
    value.isNumber ? invalid(.plain, "is not a 64-bit integer") : wrongType("an integer")
  }

  @inline(never)
  func hasControl(_ shape: ValueShape) -> DecodingFailure { invalid(shape, "has a control character") }

  @inline(never)
  func hasControlOrOverride(_ shape: ValueShape) -> DecodingFailure {
    invalid(shape, "has a control character or a bidirectional override")
  }

  @inline(never)
  func badAddress(_ problem: IMAddress.Problem) -> DecodingFailure {
    if case .tooLong = problem { return failure(.tooLarge, "\(problem)") }
    return invalid(.masked, "\(problem)")
  }

  @inline(never)
  func tooManyBytes(_ text: ByteView, _ limit: Int) -> DecodingFailure {
    failure(.tooLarge, "has \(text.count) bytes, more than \(limit)")
  }

  @inline(never)
  func tooManyCharacters(_ text: ByteView, _ limit: Int) -> DecodingFailure {
    failure(.tooLarge, "has \(Text.scalarCount(text)) characters, more than \(limit)")
  }
}
