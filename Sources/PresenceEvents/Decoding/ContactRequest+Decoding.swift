// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension ContactRequest {
  private enum Field: UInt8, EventField {
    case id, requester, recipient, channel, fallback, subject, body, context, space, groupId, requestedAt
    case expiresInSeconds, resolution

    @inline(__always)
    init?(key: ByteView) {
      switch key.count {
      case 2 where key == ByteView("id"): self = .id
      case 4 where key == ByteView("body"): self = .body
      case 5 where key == ByteView("space"): self = .space
      case 7 where key == ByteView("channel"): self = .channel
      case 7 where key == ByteView("subject"): self = .subject
      case 7 where key == ByteView("context"): self = .context
      case 7 where key == ByteView("groupId"): self = .groupId
      case 8 where key == ByteView("fallback"): self = .fallback
      case 9 where key == ByteView("requester"): self = .requester
      case 9 where key == ByteView("recipient"): self = .recipient
      case 10 where key == ByteView("resolution"): self = .resolution
      case 11 where key == ByteView("requestedAt"): self = .requestedAt
      case 16 where key == ByteView("expiresInSeconds"): self = .expiresInSeconds
      default: return nil
      }
    }
  }

  /// Reads a request.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(
      id: .empty,
      requester: Requester(user: .empty),
      recipient: .empty,
      channel: .auto,
      requestedAt: .distantPast
    )
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .id: id = try fields.requiredIdentifier()
      case .requester: requester = try fields.nested(Requester.init(json:))
      case .recipient: recipient = try fields.requiredIdentifier()
      case .channel: channel = try fields.choice()
      case .fallback: fallback = try fields.boolean()
      case .subject: subject = try fields.line(Limits.subjectCharacters)
      case .body: body = try fields.body()
      case .context: context = try fields.nested(Context.init(json:))
      case .space: space = try fields.identifier()
      case .groupId: groupID = try fields.identifier()
      case .requestedAt: requestedAt = try fields.time()
      case .expiresInSeconds: expiresInSeconds = try fields.seconds()
      case .resolution: resolution = try fields.nested(Resolution.init(json:))
      }
    }
    try fields.require(.id)
    try fields.require(.requester)
    try fields.require(.recipient)
    try fields.require(.channel)
    try fields.require(.requestedAt)
  }
}

extension ContactRequest.Requester {
  private enum Field: UInt8, EventField {
    case user, displayName, mail, mailCredentials, mailClient

    @inline(__always)
    init?(key: ByteView) {
      switch key.count {
      case 4 where key == ByteView("user"): self = .user
      case 4 where key == ByteView("mail"): self = .mail
      case 10 where key == ByteView("mailClient"): self = .mailClient
      case 11 where key == ByteView("displayName"): self = .displayName
      case 15 where key == ByteView("mailCredentials"): self = .mailCredentials
      default: return nil
      }
    }
  }

  /// Reads a requester: of a request, and of a dispatch as its `from`.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(user: .empty)
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .user: user = try fields.requiredIdentifier()
      case .displayName: displayName = try fields.displayName()
      case .mail: mail = try fields.mailAddress()
      case .mailCredentials: mailCredentials = try fields.choice()
      case .mailClient: mailClient = try fields.choice()
      }
    }
    try fields.require(.user)
  }
}

extension ContactRequest.Context {
  private enum Field: UInt8, EventField {
    case service, title, url

    init?(key: ByteView) {
      switch key {
      case ByteView("service"): self = .service
      case ByteView("title"): self = .title
      case ByteView("url"): self = .url
      default: return nil
      }
    }
  }

  /// Reads a context; a mail without subject has no title, and not every place in a portal has a URL.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(service: .empty, title: .empty, url: .empty)
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .service: service = try fields.requiredIdentifier()
      case .title: title = try fields.displayName()
      case .url: url = try fields.webURL()
      }
    }
    try fields.require(.service)
  }
}

extension ContactRequest.Resolution {
  private enum Field: UInt8, EventField {
    case imAddress, source, state, statusMessage, observedAt, validForSeconds, failure

    init?(key: ByteView) {
      switch key {
      case ByteView("imAddress"): self = .imAddress
      case ByteView("source"): self = .source
      case ByteView("state"): self = .state
      case ByteView("statusMessage"): self = .statusMessage
      case ByteView("observedAt"): self = .observedAt
      case ByteView("validForSeconds"): self = .validForSeconds
      case ByteView("failure"): self = .failure
      default: return nil
      }
    }
  }

  /// Reads what the resolver found: either a state or a failure.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(imAddress: .empty, source: .empty, observedAt: .distantPast)
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .imAddress: imAddress = try fields.requiredAddress()
      case .source: source = try fields.identifier()
      case .state: state = try fields.choice()
      case .statusMessage: statusMessage = try fields.message()
      case .observedAt: observedAt = try fields.time()
      case .validForSeconds: validForSeconds = try fields.seconds()
      case .failure: failure = try fields.nested(LookupFailure.init(json:))
      }
    }
    try fields.require(.imAddress)
    try fields.require(.observedAt)
    if failure == nil { try fields.require(.state) }
    if failure != nil, state != nil {
      throw DecodingFailure(.invalidValue, field: "failure", problem: "stands beside state")
    }
  }
}
