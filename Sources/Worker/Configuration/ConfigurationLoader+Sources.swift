// SPDX-License-Identifier: Apache-2.0

extension ConfigurationLoader {
  /// What a source gives.
  struct Found {
    var assignments: [ConfigurationAssignment] = []
    var problems: [ConfigurationProblem] = []
  }

  // MARK: File

  func fileAssignments() -> Found {
    var found = Found()
    guard let file else { return found }
    do throws(ConfigurationFile.Fault) {
      let root = try ConfigurationFile.parse(file.text)
      switch root.content {
      case .null: break
      case .mapping(let entries): walk(entries, under: "", path: file.path, into: &found)
      case .scalar, .sequence:
        let origin = ConfigurationOrigin.file(path: file.path, line: root.line)
        found.problems.append(
          ConfigurationProblem(key: "", value: root.shown, origin: origin, expected: "expected a mapping of keys")
        )
      }
    } catch {
      let origin = ConfigurationOrigin.file(path: file.path, line: error.line)
      found.problems.append(ConfigurationProblem(key: "", origin: origin, expected: error.message))
    }
    return found
  }

  private func walk(
    _ entries: [ConfigurationNode.Entry],
    under parent: String,
    path: String,
    into found: inout Found
  ) {
    for entry in entries {
      let name = parent + entry.key
      let origin = ConfigurationOrigin.file(path: path, line: entry.value.line)
      if let key = ConfigurationNames.keys[name] {
        if entry.value.content == .null { continue }
        if found.assignments.contains(where: { $0.key.name == name }) {
          let expected = "written twice in this file; keep one"
          found.problems.append(
            ConfigurationProblem(key: name, value: entry.value.shown, origin: origin, expected: expected)
          )
        }
        found.assignments.append(ConfigurationAssignment(key: key, node: entry.value, origin: origin))
      } else if ConfigurationNames.sections.contains(name) {
        switch entry.value.content {
        case .null: continue
        case .mapping(let children): walk(children, under: name + ".", path: path, into: &found)
        case .scalar, .sequence:
          let expected = "expected a mapping with keys such as \(ConfigurationNames.example(under: name))"
          found.problems.append(
            ConfigurationProblem(key: name, value: entry.value.shown, origin: origin, expected: expected)
          )
        }
      } else {
        found.problems.append(ConfigurationNames.unknown(name, origin: origin))
      }
    }
  }

  // MARK: Environment

  func environmentAssignments() -> Found {
    var found = Found()
    let variables = environment.filter { $0.key.hasPrefix(EnvironmentName.prefix) && !$0.value.isEmpty }
    for (variable, value) in variables.sorted(by: { $0.key < $1.key }) where variable != EnvironmentName.file {
      let origin = ConfigurationOrigin.environment(variable: variable)
      if let key = ConfigurationNames.keysByVariable[variable], !key.isOpen {
        found.assignments.append(
          ConfigurationAssignment(key: key, node: ConfigurationNode(.scalar(value)), origin: origin)
        )
      } else if let (key, property) = ConfigurationNames.property(ofVariable: variable) {
        found.assignments.append(
          ConfigurationAssignment(key: key, node: .property(property, value), origin: origin)
        )
      } else if !EnvironmentName.isServiceLink(variable, value: value) {
        let nearest = NearestName.of(variable, among: ConfigurationNames.keysByVariable.keys.sorted())
        let expected = nearest.map { "no such setting; did you mean \($0)?" } ?? ConfigurationNames.unknownKey
        found.problems.append(ConfigurationProblem(key: variable, expected: expected))
      }
    }
    return found
  }

  // MARK: Command line

  func optionAssignments() -> Found {
    var found = Found()
    for option in options {
      let origin = ConfigurationOrigin.option(option.name)
      if let key = ConfigurationNames.keys[option.key], !key.isOpen {
        found.assignments.append(
          ConfigurationAssignment(key: key, node: ConfigurationNode(.scalar(option.text)), origin: origin)
        )
      } else if let (key, property) = ConfigurationNames.property(of: option.key) {
        found.assignments.append(
          ConfigurationAssignment(key: key, node: .property(property, option.text), origin: origin)
        )
      } else {
        found.problems.append(ConfigurationNames.unknown(option.key, origin: origin))
      }
    }
    return found
  }
}

extension ConfigurationNode {
  /// A mapping of one librdkafka property.
  fileprivate static func property(_ name: String, _ text: String) -> ConfigurationNode {
    ConfigurationNode(.mapping([Entry(key: name, value: ConfigurationNode(.scalar(text)))]))
  }
}

/// The names that a configuration may use, looked up by what the sources write.
enum ConfigurationNames {
  static let unknownKey = "no such key; `presence-worker config check --keys` lists all"

  static let keys: [String: ConfigurationKey] = Dictionary(
    uniqueKeysWithValues: ConfigurationKey.all.map { ($0.name, $0) }
  )

  static let keysByVariable: [String: ConfigurationKey] = Dictionary(
    uniqueKeysWithValues: ConfigurationKey.all.map { ($0.environmentVariable, $0) }
  )

  /// Every name that has keys below it: `enricher`, `contact`, `contact.rateLimit`.
  static let sections: Set<String> = Set(
    ConfigurationKey.all.flatMap { key in
      key.name.indices.filter { key.name[$0] == "." }.map { String(key.name[..<$0]) }
    }
  )

  static func example(under section: String) -> String {
    ConfigurationKey.all.first { $0.name.hasPrefix(section + ".") }?.name ?? section
  }

  static func unknown(_ name: String, origin: ConfigurationOrigin) -> ConfigurationProblem {
    let nearest = NearestName.of(name, among: ConfigurationKey.all.map(\.name) + sections.sorted())
    let expected = nearest.map { "no such key; did you mean \($0)?" } ?? unknownKey
    return ConfigurationProblem(key: name, origin: origin, expected: expected)
  }

  static func property(of name: String) -> (ConfigurationKey, String)? {
    for key in ConfigurationKey.all where key.isOpen && name.hasPrefix(key.name + ".") {
      return (key, String(name.dropFirst(key.name.count + 1)))
    }
    return nil
  }

  static func property(ofVariable variable: String) -> (ConfigurationKey, String)? {
    for key in ConfigurationKey.all where key.isOpen {
      if let property = EnvironmentName.propertyName(of: variable, under: key.name) { return (key, property) }
    }
    return nil
  }
}
