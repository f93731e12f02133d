// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// A person whom one can subscribe to: a SIP URI, and the name by which documents are matched with it.
struct SIPTarget: Hashable, Sendable {
  /// The URI, such as `sip:jane@corp.example`.
  let uri: String
  /// `local@domain` in lower case, as documents have it in one spelling or another.
  let key: String

  /// The URI of an address; nil where SIP cannot ask for such an address.
  ///
  /// - Parameter userDomain: the domain of addresses that have none.
  init?(_ address: IMAddress, userDomain: String?) {
    guard address.scheme == nil || address.scheme == .sip || address.scheme == .im,
      let domain = address.domain ?? userDomain, SIPTarget.isHost(domain)
    else { return nil }
    uri = "sip:\(SIPTarget.escaped(address.local))@\(domain)"
    key = "\(address.local.lowercased())@\(domain)"
  }

  /// The key of a URI in a document: with or without a scheme, and without parameters.
  static func key(of entity: String) -> String {
    var text = entity.trimmed[...]
    for scheme in ["sip:", "sips:", "pres:", "im:"] where text.lowercased().hasPrefix(scheme) {
      text = text.dropFirst(scheme.count)
      break
    }
    return unescaped(text.prefix { $0 != ";" && $0 != "?" }).lowercased()
  }

  private static func isHost(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
          UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
          true
        default: false
        }
      }
  }

  private static func escaped(_ local: String) -> String {
    local.utf8.reduce(into: "") { text, byte in
      if PercentEncoding.isUnreserved(byte) || "!*'()&=+$,/".utf8.contains(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
  }

  private static func unescaped(_ text: Substring) -> String {
    guard text.contains("%") else { return String(text) }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let digits = Hexadecimal.decode(String(decoding: rest.prefix(2), as: UTF8.self)),
        let value = digits.first
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
