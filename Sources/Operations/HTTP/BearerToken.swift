// SPDX-License-Identifier: Apache-2.0

import Crypto

/// The secret that opens what is not for everybody; known only by its hash, and compared in constant time.
public struct BearerToken: Sendable {
  private let digest: SHA256Digest

  /// The token of that text.
  public init(_ text: String) { digest = SHA256.hash(data: Array(text.utf8)) }

  /// Whether the value of an `Authorization` header has the token.
  public func opens(_ authorization: String?) -> Bool {
    let scheme = "bearer "
    guard let authorization, authorization.lowercased().hasPrefix(scheme) else { return false }
    let given = authorization.dropFirst(scheme.count)
    // Digests are compared in constant time, and say nothing of how much of the text was right.
    return SHA256.hash(data: Array(given.utf8)) == digest
  }
}
