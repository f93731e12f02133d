// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension MailDispatch {
  private enum Field: UInt8, EventField {
    case dispatchId, requestId, from, to, subject, body, context, credentials, mailto, reason, createdAt

    init?(key: ByteView) {
      switch key {
      case ByteView("dispatchId"): self = .dispatchId
      case ByteView("requestId"): self = .requestId
      case ByteView("from"): self = .from
      case ByteView("to"): self = .to
      case ByteView("subject"): self = .subject
      case ByteView("body"): self = .body
      case ByteView("context"): self = .context
      case ByteView("credentials"): self = .credentials
      case ByteView("mailto"): self = .mailto
      case ByteView("reason"): self = .reason
      case ByteView("createdAt"): self = .createdAt
      default: return nil
      }
    }
  }

  /// Reads a dispatch; its request is on the channel `mail` and was made when the dispatch was.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(
      dispatchID: .empty,
      request: ContactRequest(
        id: .empty,
        requester: ContactRequest.Requester(user: .empty),
        recipient: .empty,
        channel: .mail,
        requestedAt: .distantPast
      ),
      toDisplayName: .empty,
      toMail: .empty,
      mailto: .empty,
      reason: .requested,
      createdAt: .distantPast
    )
    var credentials = ContactRequest.MailCredentials.stored
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .dispatchId: dispatchID = try fields.requiredIdentifier()
      case .requestId: request.id = try fields.requiredIdentifier()
      case .from: request.requester = try fields.nested(ContactRequest.Requester.init(json:))
      case .to:
        let to = try fields.nested(Addressee.init(json:))
        request.recipient = to.user
        toDisplayName = to.displayName
        toMail = to.mail
        if toMail.isEmpty { throw Addressee.missing(.mail) }
      case .subject: request.subject = try fields.line(Limits.subjectCharacters)
      case .body: request.body = try fields.body()
      case .context: request.context = try fields.nested(ContactRequest.Context.init(json:))
      case .credentials: credentials = try fields.choice()
      case .mailto:
        mailto = try fields.uri(limit: Limits.mailtoBytes)
        guard mailto.count >= 7, mailto[0..<7] == ByteView("mailto:") else {
          throw fields.current.invalid(.length, "is not a mailto: URI")
        }
      case .reason: reason = try fields.choice()
      case .createdAt: createdAt = try fields.time()
      }
    }
    request.requester.mailCredentials = credentials
    request.requestedAt = createdAt
    try fields.require(.dispatchId)
    try fields.require(.requestId)
    try fields.require(.from)
    try fields.require(.to)
    try fields.require(.credentials)
    try fields.require(.mailto)
    try fields.require(.reason)
    try fields.require(.createdAt)
  }
}

extension IMDispatch {
  private enum Field: UInt8, EventField {
    case dispatchId, requestId, from, to, client, uri, message, context, createdAt

    init?(key: ByteView) {
      switch key {
      case ByteView("dispatchId"): self = .dispatchId
      case ByteView("requestId"): self = .requestId
      case ByteView("from"): self = .from
      case ByteView("to"): self = .to
      case ByteView("client"): self = .client
      case ByteView("uri"): self = .uri
      case ByteView("message"): self = .message
      case ByteView("context"): self = .context
      case ByteView("createdAt"): self = .createdAt
      default: return nil
      }
    }
  }

  /// Reads a dispatch; its request is on the channel `im` and was made when the dispatch was.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(
      dispatchID: .empty,
      request: ContactRequest(
        id: .empty,
        requester: ContactRequest.Requester(user: .empty),
        recipient: .empty,
        channel: .im,
        requestedAt: .distantPast
      ),
      toDisplayName: .empty,
      toAddress: .empty,
      launch: PresenceSnapshot.Launch(client: .empty, uri: .empty),
      createdAt: .distantPast
    )
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .dispatchId: dispatchID = try fields.requiredIdentifier()
      case .requestId: request.id = try fields.requiredIdentifier()
      case .from: request.requester = try fields.nested(ContactRequest.Requester.init(json:))
      case .to:
        let to = try fields.nested(Addressee.init(json:))
        request.recipient = to.user
        toDisplayName = to.displayName
        toAddress = to.imAddress
        if toAddress.isEmpty { throw Addressee.missing(.imAddress) }
      case .client: launch.client = try fields.line(Limits.nameCharacters)
      case .uri: launch.uri = try fields.uri()
      case .message: request.body = try fields.body()
      case .context: request.context = try fields.nested(ContactRequest.Context.init(json:))
      case .createdAt: createdAt = try fields.time()
      }
    }
    request.requestedAt = createdAt
    try fields.require(.dispatchId)
    try fields.require(.requestId)
    try fields.require(.from)
    try fields.require(.to)
    try fields.require(.client)
    try fields.require(.uri)
    try fields.require(.createdAt)
  }
}

/// The `to` of a dispatch.
private struct Addressee {
  var user = ByteView.empty
  var displayName = ByteView.empty
  var mail = ByteView.empty
  var imAddress = ByteView.empty

  fileprivate enum Field: UInt8, EventField {
    case user, displayName, mail, imAddress

    init?(key: ByteView) {
      switch key {
      case ByteView("user"): self = .user
      case ByteView("displayName"): self = .displayName
      case ByteView("mail"): self = .mail
      case ByteView("imAddress"): self = .imAddress
      default: return nil
      }
    }
  }

  init(json: JSONValue) throws(DecodingFailure) {
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .user: user = try fields.requiredIdentifier()
      case .displayName: displayName = try fields.displayName()
      case .mail: mail = try fields.mailAddress()
      case .imAddress: imAddress = try fields.address()
      }
    }
    try fields.require(.user)
  }

  /// The failure of a `to` without what its dispatch needs.
  static func missing(_ field: Field) -> DecodingFailure { FieldReader<Field>.missing(field).nested(in: "to") }
}
