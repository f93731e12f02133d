// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension PresenceLookup {
  private enum Field: UInt8, EventField {
    case lookupId, user, imAddress, reason, notOlderThan, deadline, contact, agents

    @inline(__always)
    init?(key: ByteView) {
      switch key.count {
      case 4 where key == ByteView("user"): self = .user
      case 6 where key == ByteView("reason"): self = .reason
      case 6 where key == ByteView("agents"): self = .agents
      case 7 where key == ByteView("contact"): self = .contact
      case 8 where key == ByteView("lookupId"): self = .lookupId
      case 8 where key == ByteView("deadline"): self = .deadline
      case 9 where key == ByteView("imAddress"): self = .imAddress
      case 12 where key == ByteView("notOlderThan"): self = .notOlderThan
      default: return nil
      }
    }
  }

  /// Reads a look-up; one for a contact carries the request that waits.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(
      lookupID: .empty,
      user: .empty,
      imAddress: .empty,
      reason: .asked,
      notOlderThan: .distantPast,
      deadline: .distantPast,
      agents: .empty
    )
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .lookupId: lookupID = try fields.requiredIdentifier()
      case .user: user = try fields.requiredIdentifier()
      case .imAddress: imAddress = try fields.requiredAddress()
      case .reason: reason = try fields.choice()
      case .notOlderThan: notOlderThan = try fields.time()
      case .deadline: deadline = try fields.time()
      case .contact: contact = try fields.nested(ContactRequest.init(json:))
      case .agents: agents = try fields.identifier()
      }
    }
    try fields.require(.lookupId)
    try fields.require(.user)
    try fields.require(.imAddress)
    try fields.require(.reason)
    try fields.require(.notOlderThan)
    try fields.require(.deadline)
    if reason == .contact { try fields.require(.contact) }
  }

  /// Reads the request that waits for a look-up, whatever else is wrong with that.
  static func waitingRequest(json: JSONValue) throws(DecodingFailure) -> ContactRequest? {
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      if field == .contact { return try fields.nested(ContactRequest.init(json:)) }
    }
    return nil
  }
}
