// SPDX-License-Identifier: Apache-2.0

import Crypto

/// What a server asks of those who want to show who they are (RFC 8760, RFC 7616): digest authentication.
package struct DigestChallenge: Hashable, Sendable {
  /// The algorithms that are answered; the last is preferred.
  enum Algorithm: String, CaseIterable, Sendable {
    case md5 = "MD5"
    case sha256 = "SHA-256"
  }

  let realm: String
  let nonce: String
  let opaque: String?
  let algorithm: Algorithm
  /// Whether the answer is protected by a counter and a nonce of ours; else it is as of RFC 2069.
  let hasQuality: Bool
  /// Whether only the nonce was too old, so that the same password is worth another try.
  let isStale: Bool

  /// Reads a field; nil where it is another scheme, another algorithm, or offers only qualities that are not known.
  init?(_ text: String) {
    guard let space = text.firstIndex(where: { $0 == " " || $0 == "\t" }), text[..<space].lowercased() == "digest"
    else {
      return nil
    }
    var values: [String: String] = [:]
    for piece in SIPParameters.split(String(text[space...]), at: ",") {
      let pair = piece.split(separator: "=", maxSplits: 1).map { String($0).trimmed }
      guard pair.count == 2, values[pair[0].lowercased()] == nil else { continue }
      values[pair[0].lowercased()] = SIPParameters.unquoted(pair[1])
    }
    guard let realm = values["realm"], let nonce = values["nonce"], !nonce.isEmpty else { return nil }
    self.realm = realm
    self.nonce = nonce
    opaque = values["opaque"]
    isStale = values["stale"]?.lowercased() == "true"
    guard let algorithm = Algorithm(rawValue: (values["algorithm"] ?? "MD5").uppercased()) else { return nil }
    self.algorithm = algorithm
    if let qualities = values["qop"] {
      guard qualities.split(separator: ",").contains(where: { String($0).trimmed.lowercased() == "auth" }) else {
        return nil
      }
      hasQuality = true
    } else {
      hasQuality = false
    }
  }

  /// The strongest challenge of a response that can be answered; nil where there is none.
  package static func strongest(of fields: [String]) -> DigestChallenge? {
    let challenges = fields.compactMap(DigestChallenge.init)
    return challenges.first { $0.algorithm == .sha256 } ?? challenges.first
  }

  /// The value of `Authorization` for a request.
  ///
  /// - Parameters:
  ///   - count: how often the nonce has been used, this time included.
  ///   - clientNonce: a random text of ours.
  package func answer(
    user: String,
    password: Secret,
    method: String,
    uri: String,
    count: UInt32,
    clientNonce: String
  ) -> String {
    let counter = Self.hexadecimal(count)
    let owner = hash("\(user):\(realm):\(password.reveal())")
    let request = hash("\(method):\(uri)")
    let response =
      hasQuality
      ? hash("\(owner):\(nonce):\(counter):\(clientNonce):auth:\(request)") : hash("\(owner):\(nonce):\(request)")
    var text = "Digest username=\(Self.quoted(user)), realm=\(Self.quoted(realm)), nonce=\(Self.quoted(nonce))"
    text += ", uri=\(Self.quoted(uri)), response=\"\(response)\", algorithm=\(algorithm.rawValue)"
    if let opaque { text += ", opaque=\(Self.quoted(opaque))" }
    if hasQuality { text += ", qop=auth, nc=\(counter), cnonce=\"\(clientNonce)\"" }
    return text
  }

  private func hash(_ text: String) -> String {
    let bytes = Array(text.utf8)
    switch algorithm {
    case .md5: return Self.hexadecimal(Insecure.MD5.hash(data: bytes))
    case .sha256: return Self.hexadecimal(SHA256.hash(data: bytes))
    }
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.reduce(into: "") { text, byte in
      text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }

  private static func hexadecimal(_ number: UInt32) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// By scalars: a quotation mark with an accent is one character, and a quotation mark all the same.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(scalar)
    }
    result.unicodeScalars.append("\"")
    return result
  }
}
