// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension PresenceChange {
  private enum Field: UInt8, EventField {
    case user, imAddress, source, device, state, statusMessage, observedAt, sequence, leaseSeconds
    case lookupId, validForSeconds, failure

    @inline(__always)
    init?(key: ByteView) {
      switch key.count {
      case 4 where key == ByteView("user"): self = .user
      case 5 where key == ByteView("state"): self = .state
      case 6 where key == ByteView("source"): self = .source
      case 6 where key == ByteView("device"): self = .device
      case 7 where key == ByteView("failure"): self = .failure
      case 8 where key == ByteView("sequence"): self = .sequence
      case 8 where key == ByteView("lookupId"): self = .lookupId
      case 9 where key == ByteView("imAddress"): self = .imAddress
      case 10 where key == ByteView("observedAt"): self = .observedAt
      case 12 where key == ByteView("leaseSeconds"): self = .leaseSeconds
      case 13 where key == ByteView("statusMessage"): self = .statusMessage
      case 15 where key == ByteView("validForSeconds"): self = .validForSeconds
      default: return nil
      }
    }
  }

  /// Reads a change, an ask or an answer.
  ///
  /// An answer (with `lookupId`) says either a state or a failure; nothing else carries a failure.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(user: .empty, source: .empty, observedAt: .distantPast)
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .user: user = try fields.requiredIdentifier()
      case .imAddress: imAddress = try fields.address()
      case .source: source = try fields.requiredIdentifier()
      case .device: device = try fields.identifier()
      case .state: state = try fields.choice()
      case .statusMessage: statusMessage = try fields.message()
      case .observedAt: observedAt = try fields.time()
      case .sequence: sequence = try fields.integer()
      case .leaseSeconds: leaseSeconds = try fields.seconds()
      case .lookupId: lookupID = try fields.identifier()
      case .validForSeconds: validForSeconds = try fields.seconds()
      case .failure: failure = try fields.nested(LookupFailure.init(json:))
      }
    }
    try fields.require(.user)
    try fields.require(.source)
    try fields.require(.observedAt)
    guard failure != nil || isAnswer else { return }
    if lookupID.isEmpty { throw FieldReader<Field>.missing(.lookupId) }
    if failure != nil, state != nil {
      throw DecodingFailure(.invalidValue, field: "failure", problem: "stands beside state")
    }
    if failure == nil, state == nil { throw FieldReader<Field>.missing(.state) }
  }
}

extension LookupFailure {
  private enum Field: UInt8, EventField {
    case code, message

    init?(key: ByteView) {
      switch key {
      case ByteView("code"): self = .code
      case ByteView("message"): self = .message
      default: return nil
      }
    }
  }

  init(json: JSONValue) throws(DecodingFailure) {
    self.init(code: .empty, message: .empty)
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .code: code = try fields.requiredIdentifier()
      case .message: message = try fields.message()
      }
    }
    try fields.require(.code)
  }
}
