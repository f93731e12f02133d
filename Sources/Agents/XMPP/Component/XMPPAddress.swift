// SPDX-License-Identifier: Apache-2.0

package import PresenceModel

/// A JID (RFC 7622) as a stanza has it, in lower case but for its resource.
package struct XMPPAddress: Hashable, Sendable {
  /// `local@domain`, or the domain alone.
  package let bare: String
  /// What stands behind the slash; nil where there is none.
  package let resource: String?

  /// The domain.
  package var domain: Substring { bare.split(separator: "@", maxSplits: 1).last ?? bare[...] }

  private static let maximumPart = 1_023

  /// A JID as a stanza has it; nil where it is none.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let bare = parts.first, !bare.isEmpty, parts.count == 1 || !parts[1].isEmpty,
      parts.allSatisfy({ $0.utf8.count <= 2 * Self.maximumPart })
    else { return nil }
    let sides = bare.split(separator: "@", omittingEmptySubsequences: false)
    guard sides.count <= 2, sides.allSatisfy({ !$0.isEmpty && $0.utf8.count <= Self.maximumPart }),
      sides.dropLast().allSatisfy(Self.isLocal), let domain = sides.last, Self.isDomain(domain)
    else { return nil }
    self.bare = bare.lowercased()
    resource = parts.count == 2 ? String(parts[1]) : nil
  }

  /// The JID of an IM address; nil where it can be none.
  ///
  /// - Parameter host: the domain of addresses without one.
  package init?(_ address: IMAddress, host: String?) {
    guard let domain = address.domain ?? host, !domain.contains("/") else { return nil }
    self.init("\(address.local)@\(domain)")
  }

  private static func isLocal(_ text: Substring) -> Bool {
    text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && !"\"&'/:<>@".unicodeScalars.contains($0) }
  }

  private static func isDomain(_ text: Substring) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", ".", ":", "[", "]", "_": true
      default: scalar.value >= 0x80
      }
    }
  }
}
