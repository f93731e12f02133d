// SPDX-License-Identifier: Apache-2.0

extension ConfigurationForm where Value == Bool {
  /// `true` or `false`; also `yes`, `no`, `on`, `off`.
  static var flag: Self {
    Self(type: "true or false", range: "", expected: "true or false") { text in
      switch text.lowercased() {
      case "true", "yes", "on": true
      case "false", "no", "off": false
      default: nil
      }
    } render: {
      $0 ? "true" : "false"
    }
  }
}

extension ConfigurationForm where Value == Int {
  /// A whole number within a range.
  static func integer(_ range: ClosedRange<Int>) -> Self {
    let shown = "\(range.lowerBound) to \(range.upperBound)"
    return Self(type: "whole number", range: shown, expected: "a whole number from \(shown)") { text in
      Int(text).flatMap { range.contains($0) ? $0 : nil }
    } render: {
      String($0)
    }
  }
}

extension ConfigurationForm where Value == Double {
  /// A number within a range.
  static func number(_ range: ClosedRange<Double>) -> Self {
    let shown = "\(range.lowerBound) to \(range.upperBound)"
    return Self(type: "number", range: shown, expected: "a number from \(shown)") { text in
      Double(text).flatMap { range.contains($0) ? $0 : nil }
    } render: {
      String($0)
    }
  }
}

extension ConfigurationForm where Value == Duration {
  /// A duration with its unit, within a range.
  static func duration(_ range: ClosedRange<Duration>) -> Self {
    let shown = "\(DurationText.render(range.lowerBound)) to \(DurationText.render(range.upperBound))"
    let expected = "a duration with its unit (ms, s, m, h, d) from \(shown)"
    return Self(type: "duration", range: shown, expected: expected) { text in
      DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil }
    } render: {
      DurationText.render($0)
    }
  }
}

extension ConfigurationForm where Value == String {
  /// A text that `accepts` accepts; `rule` says in words what that is.
  static func text(_ rule: String, _ accepts: @escaping @Sendable (String) -> Bool) -> Self {
    Self(type: "text", range: rule, expected: rule) {
      accepts($0) ? $0 : nil
    } render: {
      $0
    }
  }
}

extension ConfigurationForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the cases; their case and hyphens do not matter.
  static var choice: Self {
    let names = Value.allCases.map(\.rawValue)
    let expected = "one of \(names.joined(separator: ", "))"
    return Self(type: "one of", range: names.joined(separator: ", "), expected: expected) { text in
      Value.allCases.first { fold($0.rawValue) == fold(text) }
    } render: {
      $0.rawValue
    }
  }
}

extension ConfigurationForm {
  /// The same form, where the value may also be absent: by leaving the key out.
  static func optional<Wrapped: Sendable>(_ form: ConfigurationForm<Wrapped>) -> Self where Value == Wrapped? {
    Self(type: form.type, range: form.range) { input, current throws(ConfigurationMisfits) in
      try form.read(input, current ?? nil)
    } render: { value in
      value.map(form.render) ?? ""
    }
  }
}

/// A name without its case, hyphens and underscores.
func fold(_ name: String) -> String {
  name.lowercased().filter { $0 != "-" && $0 != "_" }
}
