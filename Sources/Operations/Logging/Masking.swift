// SPDX-License-Identifier: Apache-2.0

/// A user's name as it may stand in a log: `u…~3fa25c`.
///
/// Who is present when is personal data. The first character and six digits of a hash let an operator see whether two
/// records speak of the same user; the hash is keyed anew in every process, so that it cannot be looked up in a list
/// of users.
public func masked(_ user: String) -> String {
  guard let first = user.first else { return "" }
  return "\(first)…~\(fingerprint(user))"
}

/// An IM or mail address as it may stand in a log: `sip:u…~3fa25c@corp.example`.
///
/// The scheme and the domain are kept, as they decide which agent answers.
public func masked(address: String) -> String {
  var rest = Substring(address)
  var scheme = Substring()
  if let colon = rest.firstIndex(of: ":"), rest[..<colon].allSatisfy({ $0.isASCII && $0.isLetter }) {
    scheme = rest[...colon]
    rest = rest[rest.index(after: colon)...]
  }
  guard let at = rest.lastIndex(of: "@") else { return "\(scheme)\(masked(String(rest)))" }
  return "\(scheme)\(masked(String(rest[..<at])))\(rest[at...])"
}

private func fingerprint(_ text: String) -> String {
  var hasher = Hasher()
  hasher.combine(text)
  let digits = String(UInt(bitPattern: hasher.finalize()) & 0xFF_FFFF, radix: 16)
  return String(repeating: "0", count: 6 - digits.count) + digits
}
