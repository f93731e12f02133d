// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension UserProfile {
  private enum Field: UInt8, EventField {
    case user, displayName, mail, enterpriseAddress, networkPresence, presenceEnabled, updatedAt

    @inline(__always)
    init?(key: ByteView) {
      switch key.count {
      case 4 where key == ByteView("user"): self = .user
      case 4 where key == ByteView("mail"): self = .mail
      case 9 where key == ByteView("updatedAt"): self = .updatedAt
      case 11 where key == ByteView("displayName"): self = .displayName
      case 15 where key == ByteView("networkPresence"): self = .networkPresence
      case 15 where key == ByteView("presenceEnabled"): self = .presenceEnabled
      case 17 where key == ByteView("enterpriseAddress"): self = .enterpriseAddress
      default: return nil
      }
    }
  }

  /// Reads a profile.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(user: .empty)
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .user: user = try fields.requiredIdentifier()
      case .displayName: displayName = try fields.displayName()
      case .mail: mail = try fields.mailAddress()
      case .enterpriseAddress: enterpriseAddress = try fields.address()
      case .networkPresence:
        let chosen = try fields.nested(NetworkPresence.init(json:))
        networkAddress = chosen.imAddress
        networkDisplayName = chosen.displayName
      case .presenceEnabled: presenceEnabled = try fields.boolean()
      case .updatedAt: updatedAt = try fields.time()
      }
    }
    try fields.require(.user)
  }

  /// The address that a user chose; one without address, as a cleared form sends it, is none.
  private struct NetworkPresence {
    var imAddress = ByteView.empty
    var displayName = ByteView.empty

    private enum Field: UInt8, EventField {
      case imAddress, displayName

      init?(key: ByteView) {
        switch key {
        case ByteView("imAddress"): self = .imAddress
        case ByteView("displayName"): self = .displayName
        default: return nil
        }
      }
    }

    init(json: JSONValue) throws(DecodingFailure) {
      var fields = try FieldReader<Field>(json)
      while let field = try fields.next() {
        switch field {
        case .imAddress: imAddress = try fields.address()
        case .displayName: displayName = try fields.displayName()
        }
      }
      if imAddress.isEmpty { displayName = .empty }
    }
  }
}
