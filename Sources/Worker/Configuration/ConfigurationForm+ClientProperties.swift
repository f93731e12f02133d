// SPDX-License-Identifier: Apache-2.0

extension ConfigurationForm where Value == ClientProperties {
  /// librdkafka's properties by name; layers are merged property by property.
  ///
  /// Whether a property exists, and whether it would break the worker's guarantees, is for the Kafka module to say.
  /// Here secrets are sorted out: they are refused in the file and on the command line, read from the environment, or
  /// from the file that `nameFile` names.
  static var clientProperties: Self {
    Self(type: "properties", range: "by librdkafka's names") { input, current throws(ConfigurationMisfits) in
      guard case .mapping(let entries) = input.node.content else {
        throw ConfigurationMisfits(input.node, expected: "a mapping of librdkafka's property names to values")
      }
      var result = current ?? ClientProperties()
      var misfits: [ConfigurationMisfits.Misfit] = []
      for entry in entries {
        do throws(Refusal) {
          try result.take(entry, from: input)
        } catch {
          misfits.append(
            ConfigurationMisfits.Misfit(part: entry.key, value: error.value, expected: error.expected)
          )
        }
      }
      guard misfits.isEmpty else { throw ConfigurationMisfits(misfits) }
      return result
    } render: { value in
      value.names
        .map { "\($0)=\(value.plain[$0] ?? "(hidden)")" }
        .joined(separator: ", ")
    }
  }
}

/// Why a property was not taken.
private struct Refusal: Error {
  var value: String?
  var expected: String
}

extension ClientProperties {
  fileprivate mutating func take(
    _ entry: ConfigurationNode.Entry,
    from input: ConfigurationInput
  ) throws(Refusal) {
    let name = entry.key
    if let key = ClientProperties.ownedNames[name] {
      throw Refusal(value: entry.value.shown, expected: key.isEmpty ? "the worker sets it itself" : "use \(key)")
    }
    if let secret = ClientProperties.secretNames.first(where: { name == "\($0)File" || name == "\($0).file" }) {
      guard let path = entry.value.text, !path.isEmpty else {
        throw Refusal(value: entry.value.shown, expected: "expected the path of a file that holds \(secret)")
      }
      do throws(ConfigurationFileError) {
        set(secret, to: Secret(String(try input.readFile(path).trimmingTrailingNewline)))
      } catch {
        throw Refusal(value: path, expected: "the file cannot be read: \(error.reason)")
      }
      return
    }
    guard let value = entry.value.text else {
      throw Refusal(
        value: entry.value.shown,
        expected: "expected a text or number; librdkafka's names are written with their dots, such as sasl.mechanism"
      )
    }
    guard ClientProperties.secretNames.contains(name) else { return set(name, to: value) }
    guard case .environment = input.origin else {
      let variable = EnvironmentName.property(name, under: input.key)
      throw Refusal(expected: "a secret does not belong here; write \(name)File with a path, or set \(variable)")
    }
    set(name, to: Secret(value))
  }
}

extension String {
  /// Without one line end: editors and `echo` put it there, and it is not part of a secret.
  fileprivate var trimmingTrailingNewline: Substring {
    var result = Substring(self)
    if result.last?.isNewline == true { result.removeLast() }
    return result
  }
}
