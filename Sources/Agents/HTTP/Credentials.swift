// SPDX-License-Identifier: Apache-2.0

/// How an agent shows who it is.
public enum Credentials: Hashable, Sendable {
  /// Not at all.
  case none
  /// HTTP basic authentication.
  case basic(user: String, password: Secret)
  /// A bearer token.
  case bearer(Secret)
  /// Access tokens of an OAuth 2 authorisation server.
  case oauth(OAuthClient)
}

/// Base 64 (RFC 4648) with padding.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for index in 0..<4 {
        text.append(
          index <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * index)) & 0x3F] : UInt8(ascii: "=")
        )
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
