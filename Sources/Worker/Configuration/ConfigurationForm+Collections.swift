// SPDX-License-Identifier: Apache-2.0

extension ConfigurationForm {
  /// A list of cases, each at most once in effect; their case and hyphens do not matter.
  static func choices<Element>(atLeast minimum: Int) -> Self
  where
    Value == Set<Element>, Element: RawRepresentable & CaseIterable & Hashable & Sendable, Element.RawValue == String
  {
    let names = Element.allCases.map(\.rawValue)
    let shown = (minimum > 0 ? "at least \(minimum) of " : "any of ") + names.joined(separator: ", ")
    return Self(type: "list", range: shown) { input, _ throws(ConfigurationMisfits) in
      guard let elements = input.node.elements else { throw ConfigurationMisfits(input.node, expected: shown) }
      var result: Set<Element> = []
      var misfits: [ConfigurationMisfits.Misfit] = []
      for node in elements {
        if let text = node.text, let element = Element.allCases.first(where: { fold($0.rawValue) == fold(text) }) {
          result.insert(element)
        } else {
          misfits.append(ConfigurationMisfits.Misfit(value: node.shown, expected: "expected \(shown)"))
        }
      }
      guard misfits.isEmpty else { throw ConfigurationMisfits(misfits) }
      guard result.count >= minimum else { throw ConfigurationMisfits(input.node, expected: shown) }
      return result
    } render: { value in
      "[\(Element.allCases.filter(value.contains).map(\.rawValue).joined(separator: ", "))]"
    }
  }
}

extension ConfigurationForm where Value == [String] {
  /// A list of texts, at least one, each of which `accepts` accepts; `rule` says in words what that is.
  static func texts(_ rule: String, _ accepts: @escaping @Sendable (String) -> Bool) -> Self {
    Self(type: "list", range: rule) { input, _ throws(ConfigurationMisfits) in
      guard let elements = input.node.elements, !elements.isEmpty else {
        throw ConfigurationMisfits(input.node, expected: "a list, each of it \(rule)")
      }
      let bad = elements.filter { $0.text.map(accepts) != true }
      guard bad.isEmpty else {
        throw ConfigurationMisfits(
          bad.map { ConfigurationMisfits.Misfit(value: $0.shown, expected: "expected \(rule)") }
        )
      }
      return elements.compactMap(\.text)
    } render: { value in
      "[\(value.joined(separator: ", "))]"
    }
  }
}

extension ConfigurationForm where Value == ConfigurationNode {
  /// A part of the file that another module reads; environment and command line give it as YAML or JSON.
  static func document(type: String, _ accepts: @escaping @Sendable (ConfigurationNode) -> Bool) -> Self {
    Self(type: type, range: "") { input, _ throws(ConfigurationMisfits) in
      var node = input.node
      if case .file = input.origin {
      } else if let text = node.text {
        do throws(ConfigurationFile.Fault) {
          node = try ConfigurationFile.parse(text)
        } catch {
          throw ConfigurationMisfits(input.node, expected: "\(type) in YAML or JSON (\(error.message))")
        }
      }
      guard node.isEmpty || accepts(node) else { throw ConfigurationMisfits(node, expected: type) }
      return node
    } render: { value in
      value.isEmpty ? "" : value.shown
    }
  }
}
