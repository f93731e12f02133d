// SPDX-License-Identifier: Apache-2.0

/// A SIP request or response (RFC 3261), as far as presence needs it.
package struct SIPMessage: Hashable, Sendable {
  /// What the message is.
  enum Kind: Hashable, Sendable {
    case request(method: String, uri: String)
    case response(status: Int, reason: String)
  }

  /// A header field. Names are long and in the spelling of `SIPMessage.canonical`, so that they compare.
  package struct Field: Hashable, Sendable {
    var name: String
    var value: String
  }

  var kind: Kind
  package var fields: [Field]
  var body: [UInt8] = []

  /// The status of a response; nil for a request.
  var status: Int? {
    if case .response(let status, _) = kind { status } else { nil }
  }

  /// The method of a request; nil for a response.
  var method: String? {
    if case .request(let method, _) = kind { method } else { nil }
  }

  /// The first field of that name.
  subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

  /// All fields of that name, in their order.
  func all(_ name: String) -> [String] { fields.lazy.filter { $0.name == name }.map(\.value) }

  /// Adds a field.
  mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

  /// The message as it goes over the wire, with its `Content-Length`.
  ///
  /// Whoever puts a value into a field has checked it; a line end is replaced all the same, so that no value can add a
  /// field.
  package var bytes: [UInt8] {
    let start =
      switch kind {
      case .request(let method, let uri): "\(method) \(uri) SIP/2.0"
      case .response(let status, let reason): "SIP/2.0 \(status) \(reason)"
      }
    var text = Self.line(start)
    for field in fields where field.name != "Content-Length" { text += Self.line("\(field.name): \(field.value)") }
    text += "Content-Length: \(body.count)\r\n\r\n"
    return Array(text.utf8) + body
  }

  private static func line(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) + "\r\n" }

  /// The long name of a field in one spelling: `v` and `VIA` are `Via`.
  static func canonical(_ name: Substring) -> String {
    let lowered = name.lowercased()
    return known[lowered] ?? lowered
  }

  private static let known: [String: String] = {
    var names = [
      "i": "Call-ID", "m": "Contact", "e": "Content-Encoding", "l": "Content-Length", "c": "Content-Type", "f": "From",
      "s": "Subject", "k": "Supported", "t": "To", "v": "Via", "o": "Event", "u": "Allow-Events",
    ]
    for name in [
      "Via", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Length", "Content-Type", "Content-Encoding", "Event",
      "Expires", "Min-Expires", "Record-Route", "Route", "Retry-After", "Subscription-State", "WWW-Authenticate",
      "Proxy-Authenticate", "Authorization", "Proxy-Authorization", "Max-Forwards", "Allow", "Allow-Events",
      "Supported", "Require", "Proxy-Require", "Accept", "User-Agent", "Server", "Warning", "Subject",
    ] { names[name.lowercased()] = name }
    return names
  }()
}
