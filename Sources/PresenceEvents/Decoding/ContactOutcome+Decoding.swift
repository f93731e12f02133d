// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension ContactOutcome {
  private enum Field: UInt8, EventField {
    case requestId, groupId, requester, recipient, outcome, channel, dispatchId, reason, presence, decidedAt, trace

    init?(key: ByteView) {
      switch key {
      case ByteView("requestId"): self = .requestId
      case ByteView("groupId"): self = .groupId
      case ByteView("requester"): self = .requester
      case ByteView("recipient"): self = .recipient
      case ByteView("outcome"): self = .outcome
      case ByteView("channel"): self = .channel
      case ByteView("dispatchId"): self = .dispatchId
      case ByteView("reason"): self = .reason
      case ByteView("presence"): self = .presence
      case ByteView("decidedAt"): self = .decidedAt
      case ByteView("trace"): self = .trace
      default: return nil
      }
    }
  }

  /// Reads an outcome, which names its dispatch where there is one; its trace is written to `storage`, which has room for `Limits.traceSteps`.
  init(json: JSONValue, trace storage: UnsafeMutableBufferPointer<ByteView>) throws(DecodingFailure) {
    self.init(
      request: ContactRequest(
        id: .empty,
        requester: ContactRequest.Requester(user: .empty),
        recipient: .empty,
        channel: .auto,
        requestedAt: .distantPast
      ),
      outcome: .rejected,
      decidedAt: .distantPast,
      trace: UnsafeBufferPointer(start: nil, count: 0)
    )
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .requestId: request.id = try fields.requiredIdentifier()
      case .groupId: request.groupID = try fields.identifier()
      case .requester: request.requester.user = try fields.requiredIdentifier()
      case .recipient: request.recipient = try fields.requiredIdentifier()
      case .outcome: outcome = try fields.choice()
      case .channel:
        let taken: ContactRequest.Channel = try fields.choice()
        guard taken != .auto else { throw fields.current.invalid(.plain, "is no channel that a request takes") }
        channel = taken
      case .dispatchId: dispatchID = try fields.identifier()
      case .reason: reason = try fields.choice() as Reason
      case .presence: presence = try fields.nested(Presence.init(json:))
      case .decidedAt: decidedAt = try fields.time()
      case .trace:
        var count = 0
        try fields.forEachElement { element throws(DecodingFailure) in
          guard count < storage.count else {
            throw DecodingFailure(.tooLarge, field: "", problem: "is one step more than \(storage.count)")
          }
          storage.initializeElement(at: count, to: try element.name())
          count += 1
        }
        trace = UnsafeBufferPointer(rebasing: storage[0..<count])
      }
    }
    request.requestedAt = decidedAt
    try fields.require(.requestId)
    try fields.require(.requester)
    try fields.require(.recipient)
    try fields.require(.outcome)
    try fields.require(.decidedAt)
    try fields.require(.trace)
    guard outcome == .dispatched else { return }
    try fields.require(.channel)
    if dispatchID.isEmpty { throw FieldReader<Field>.missing(.dispatchId) }
  }
}

extension ContactOutcome.Presence {
  private enum Field: UInt8, EventField {
    case state, quality, observedAt

    init?(key: ByteView) {
      switch key {
      case ByteView("state"): self = .state
      case ByteView("quality"): self = .quality
      case ByteView("observedAt"): self = .observedAt
      default: return nil
      }
    }
  }

  init(json: JSONValue) throws(DecodingFailure) {
    self.init(state: .offline, quality: .unknown, observedAt: .distantPast)
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .state: state = try fields.choice()
      case .quality: quality = try fields.choice()
      case .observedAt: observedAt = try fields.time()
      }
    }
    try fields.require(.state)
    try fields.require(.quality)
    try fields.require(.observedAt)
  }
}
