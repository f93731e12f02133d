// SPDX-License-Identifier: Apache-2.0

import Foundation
import LogSimulation
import PresenceModel

/// JSON of an event as dictionaries: the slow and obvious way to read it.
struct ReferenceEvent {
  let fields: [String: Any]

  /// The fields of a record's value; nil where it is not a JSON object.
  init?(_ value: [UInt8]?) {
    guard let value else { return nil }
    do {
      guard let fields = try JSONSerialization.jsonObject(with: Data(value)) as? [String: Any] else { return nil }
      self.fields = fields
    } catch {
      return nil
    }
  }

  init(fields: [String: Any]) { self.fields = fields }

  func text(_ name: String) -> String? { (fields[name] as? String).flatMap { $0.isEmpty ? nil : $0 } }
  func number(_ name: String) -> Int? { fields[name] as? Int }
  func flag(_ name: String) -> Bool? { fields[name] as? Bool }
  func object(_ name: String) -> ReferenceEvent? { (fields[name] as? [String: Any]).map(ReferenceEvent.init(fields:)) }
  func list(_ name: String) -> [String]? { fields[name] as? [String] }

  /// A time in milliseconds since 1970.
  func time(_ name: String) -> Int64? { text(name).flatMap(ReferenceTime.milliseconds) }
}

/// RFC 3339 by way of Foundation, not by the worker's own parser. Foundation cuts fractions where a `Double` falls short
/// of them, so the milliseconds are written and read by themselves.
enum ReferenceTime {
  private static let style = Date.ISO8601FormatStyle()

  static func milliseconds(_ text: String) -> Int64? {
    let parts = text.split(separator: ".")
    guard parts.count == 2, parts[1].hasSuffix("Z"), let fraction = Int64(parts[1].dropLast()) else { return nil }
    do {
      return Int64(try style.parse(parts[0] + "Z").timeIntervalSince1970) * 1_000 + fraction
    } catch {
      return nil
    }
  }

  static func text(_ milliseconds: Int64) -> String {
    let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
    return Date(timeIntervalSince1970: Double(milliseconds / 1_000)).formatted(style).dropLast() + ".\(fraction)Z"
  }
}
