// SPDX-License-Identifier: Apache-2.0

/// Durations as people write them: `100ms`, `10s`, `5m`, `24h`, `7d`, `1h30m`, `1.5s`.
public enum DurationText {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
  ]

  /// The duration of a text; nil where it is none, has no unit, or is finer than a millisecond.
  public static func parse(_ text: String) -> Duration? {
    var rest = Substring(text).trimmed
    guard !rest.isEmpty else { return nil }
    var total: Int64 = 0
    while !rest.isEmpty {
      let number = rest.prefix { $0.isASCII && $0.isNumber || $0 == "." }
      rest = rest.dropFirst(number.count)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(name.count)
      guard let unit = units.first(where: { $0.name == name }),
        let part = milliseconds(number, unit: unit.milliseconds)
      else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow else { return nil }
      total = sum
    }
    return .milliseconds(total)
  }

  private static func milliseconds(_ number: Substring, unit: Int64) -> Int64? {
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = Int64(parts[0]) else { return nil }
    let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
    guard !overflow else { return nil }
    guard parts.count == 2 else { return product }
    guard (1...3).contains(parts[1].count), let digits = Int64(parts[1]) else { return nil }
    let scale: Int64 = [10, 100, 1_000][parts[1].count - 1]
    guard digits * unit % scale == 0 else { return nil }
    let (sum, carried) = product.addingReportingOverflow(digits * unit / scale)
    return carried ? nil : sum
  }

  /// The shortest text that parses to the duration, in whole milliseconds; days from two on.
  public static func render(_ duration: Duration) -> String {
    let milliseconds = duration.milliseconds
    guard milliseconds != 0 else { return "0s" }
    let unit = units.last { unit in
      milliseconds % unit.milliseconds == 0 && (unit.name != "d" || milliseconds >= 2 * unit.milliseconds)
    }
    guard let unit else { return "\(milliseconds)ms" }
    return "\(milliseconds / unit.milliseconds)\(unit.name)"
  }
}

extension Substring {
  /// Without white space at either end.
  var trimmed: Substring {
    var result = self
    while result.first?.isWhitespace == true { result.removeFirst() }
    while result.last?.isWhitespace == true { result.removeLast() }
    return result
  }
}
