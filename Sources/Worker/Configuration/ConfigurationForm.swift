// SPDX-License-Identifier: Apache-2.0

/// How the values of a key are written, checked and shown.
struct ConfigurationForm<Value: Sendable>: Sendable {
  /// The type for the reference, such as `duration`.
  var type: String
  /// The range for the reference, such as `5ms to 5s`; empty where anything goes.
  var range: String
  /// Reads a value; `current` is what a lower layer has set, for forms that add to it.
  var read: @Sendable (_ input: ConfigurationInput, _ current: Value?) throws(ConfigurationMisfits) -> Value
  /// The value as it would be written in the file; empty for none.
  var render: @Sendable (Value) -> String

  /// A form whose values are scalars; `parse` gives nil where a text is not one, and `expected` says what would be.
  init(
    type: String,
    range: String,
    expected: String,
    parse: @escaping @Sendable (String) -> Value?,
    render: @escaping @Sendable (Value) -> String
  ) {
    self.type = type
    self.range = range
    self.render = render
    read = { input, _ throws(ConfigurationMisfits) in
      guard let text = input.node.text, let value = parse(text) else {
        throw ConfigurationMisfits(input.node, expected: expected)
      }
      return value
    }
  }

  /// A form that reads nodes itself.
  init(
    type: String,
    range: String,
    read: @escaping @Sendable (ConfigurationInput, Value?) throws(ConfigurationMisfits) -> Value,
    render: @escaping @Sendable (Value) -> String
  ) {
    self.type = type
    self.range = range
    self.read = read
    self.render = render
  }
}

/// A value as it was given, and by what.
struct ConfigurationInput: Sendable {
  /// The key that it is given to.
  var key: String
  /// The value; what environment and command line give is a scalar.
  var node: ConfigurationNode
  /// Where it came from.
  var origin: ConfigurationOrigin
  /// Reads the file that a `…File` key names.
  var readFile: @Sendable (String) throws(ConfigurationFileError) -> String
}

/// Why a file could not be read, as a part of a sentence: `No such file or directory`.
public struct ConfigurationFileError: Error, Sendable {
  /// The reason.
  public var reason: String

  /// An error of that reason.
  public init(reason: String) { self.reason = reason }
}

/// What does not fit in a value, part by part.
struct ConfigurationMisfits: Error {
  /// One part that does not fit.
  struct Misfit {
    /// The part's name under the key; empty for the whole value.
    var part = ""
    /// What stands there; nil where it must not be shown.
    var value: String?
    /// What would be right.
    var expected: String
  }

  var misfits: [Misfit]

  init(_ misfits: [Misfit]) { self.misfits = misfits }

  init(_ node: ConfigurationNode, expected: String) {
    misfits = [Misfit(value: node.shown, expected: "expected \(expected)")]
  }
}
