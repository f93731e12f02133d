// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// Why a record's value is not the event that it should be.
///
/// Safe to log and to put into a dead letter's headers: the text names the field and what would be right, shows at most
/// `maximumShownLength` characters of an offending value, only the shape of personal data, and never a line break.
public struct DecodingFailure: Error, Hashable, Sendable {
  /// What kind of failure it is; the text of `dlq.error.code`.
  public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The code on the wire.
    public let rawValue: String
    /// A code of this text.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// The code on the wire.
    public var description: String { rawValue }

    /// The value has no bytes where an event is expected.
    public static let emptyValue = Code(rawValue: "emptyValue")
    /// The value is not one JSON document.
    public static let malformedJSON = Code(rawValue: "malformedJson")
    /// The value is not UTF-8.
    public static let invalidUTF8 = Code(rawValue: "invalidUtf8")
    /// A required field is absent, null or empty.
    public static let missingField = Code(rawValue: "missingField")
    /// A field has another JSON type than it should.
    public static let wrongType = Code(rawValue: "wrongType")
    /// A field has a value that its type does not have.
    public static let invalidValue = Code(rawValue: "invalidValue")
    /// A field or the whole value is beyond its limit.
    public static let tooLarge = Code(rawValue: "tooLarge")
    /// A known field stands there twice.
    public static let duplicateField = Code(rawValue: "duplicateField")
    /// The envelope says that it is an event of another type.
    public static let foreignType = Code(rawValue: "foreignType")
    /// The envelope is of a CloudEvents version other than 1.x.
    public static let unsupportedVersion = Code(rawValue: "unsupportedVersion")
    /// The envelope says that the value is something other than JSON.
    public static let unsupportedContentType = Code(rawValue: "unsupportedContentType")
    /// The worker itself could not decode; the record is not to blame.
    public static let outOfMemory = Code(rawValue: "outOfMemory")
  }

  /// How many characters of an offending value are shown.
  public static let maximumShownLength = 40

  /// What kind of failure it is.
  public var code: Code
  /// The path of the field, such as `requester.mail` or `readings[3].state`; empty for the whole value.
  public var field: String
  /// What is wrong with it, as the end of a sentence that begins with the field.
  public var problem: String

  /// A failure of its parts.
  public init(_ code: Code, field: String, problem: String) {
    self.code = code
    self.field = field
    self.problem = problem
  }

  /// A sentence for operators.
  public var message: String { field.isEmpty ? "The value \(problem)" : "\(field) \(problem)" }

  /// A personal text as messages show it: its first character, and the first one behind the `@`, in quotation marks.
  public static func masked(_ text: ByteView) -> String { "\"\(ValueShape.masked(text))\"" }

  /// The same failure seen from the object or array that holds the field.
  func nested(in parent: String) -> DecodingFailure {
    var copy = self
    if field.isEmpty {
      copy.field = parent
    } else if field.hasPrefix("[") {
      copy.field = parent + field
    } else {
      copy.field = parent + "." + field
    }
    return copy
  }
}

extension DecodingFailure: CustomStringConvertible {
  /// The code and the sentence.
  public var description: String { "\(code): \(message)" }
}
