// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// A request's body with places for an address, escaped as the body's format wants it.
struct BodyTemplate: Hashable, Sendable {
  /// How values are escaped, and the content type.
  enum Format: String, CaseIterable, Sendable {
    /// Places stand inside of JSON strings. Braces of JSON stay what they are: only known places are replaced.
    case json
    /// Places are values of `application/x-www-form-urlencoded`.
    case form
    /// Places are values of attributes, in double quotes, or content of elements.
    case xml

    /// The content type.
    var contentType: String {
      switch self {
      case .json: "application/json"
      case .form: "application/x-www-form-urlencoded"
      case .xml: "application/xml"
      }
    }
  }

  /// The template as it was configured.
  let text: String
  /// The format.
  let format: Format

  /// A template; every text is one.
  init(_ text: String, format: Format) {
    self.text = text
    self.format = format
  }

  /// The body for an address; an address without a domain leaves that place empty.
  func body(for address: IMAddress) -> [UInt8] {
    var body = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      body += rest[..<open]
      rest = rest[open...]
      if let place = URLTemplate.Place.allCases.first(where: { rest.hasPrefix("{\($0.rawValue)}") }) {
        let value = place.value(of: address) ?? ""
        switch format {
        case .json: body += JSONValue.escaped(value)
        case .form: body += PercentEncoding.encode(value)
        case .xml: body += XMLElement.escaped(value)
        }
        rest = rest.dropFirst(place.rawValue.count + 2)
      } else {
        body += rest.prefix(1)
        rest = rest.dropFirst()
      }
    }
    return Array((body + rest).utf8)
  }
}
