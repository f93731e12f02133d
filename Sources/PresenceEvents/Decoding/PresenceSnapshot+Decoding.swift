// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension PresenceSnapshot {
  private enum Field: UInt8, EventField {
    case user, displayName, imAddress, state, statusMessage, source, observedAt, validUntil, version, quality
    case actions, selfActions, im, readings

    @inline(__always)
    init?(key: ByteView) {
      switch key.count {
      case 2 where key == ByteView("im"): self = .im
      case 4 where key == ByteView("user"): self = .user
      case 5 where key == ByteView("state"): self = .state
      case 6 where key == ByteView("source"): self = .source
      case 7 where key == ByteView("version"): self = .version
      case 7 where key == ByteView("quality"): self = .quality
      case 7 where key == ByteView("actions"): self = .actions
      case 8 where key == ByteView("readings"): self = .readings
      case 9 where key == ByteView("imAddress"): self = .imAddress
      case 10 where key == ByteView("observedAt"): self = .observedAt
      case 10 where key == ByteView("validUntil"): self = .validUntil
      case 11 where key == ByteView("displayName"): self = .displayName
      case 11 where key == ByteView("selfActions"): self = .selfActions
      case 13 where key == ByteView("statusMessage"): self = .statusMessage
      default: return nil
      }
    }
  }

  /// Reads a snapshot; its readings are written to `storage`, which has room for `Reading.maximumPerUser`.
  ///
  /// Tooltip and icon are not looked at, they follow from the rest. A snapshot of a user of whom nothing is known yet
  /// has an empty source.
  init(json: JSONValue, readings storage: UnsafeMutableBufferPointer<Reading>) throws(DecodingFailure) {
    self.init(
      user: .empty,
      displayName: .empty,
      state: .offline,
      source: .empty,
      observedAt: .distantPast,
      version: 0,
      quality: .unknown,
      actions: [],
      readings: UnsafeBufferPointer(start: nil, count: 0)
    )
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .user: user = try fields.requiredIdentifier()
      case .displayName: displayName = try fields.displayName()
      case .imAddress: imAddress = try fields.address()
      case .state: state = try fields.choice()
      case .statusMessage: statusMessage = try fields.message()
      case .source: source = try fields.identifier()
      case .observedAt: observedAt = try fields.time()
      case .validUntil: validUntil = try fields.time()
      case .version:
        version = try fields.integer()
        guard version > 0 else { throw fields.current.invalid(.plain, "is not at least 1") }
      case .quality: quality = try fields.choice()
      case .actions: actions = try fields.actions()
      case .selfActions: selfActions = try fields.actions()
      case .im: im = try fields.nested(Launch.init(json:))
      case .readings:
        var count = 0
        try fields.forEachElement { element throws(DecodingFailure) in
          guard count < storage.count else {
            throw DecodingFailure(.tooLarge, field: "", problem: "is one reading more than \(storage.count)")
          }
          storage.initializeElement(at: count, to: try Reading(json: element))
          count += 1
        }
        readings = UnsafeBufferPointer(rebasing: storage[0..<count])
      }
    }
    try fields.require(.user)
    try fields.require(.displayName)
    try fields.require(.state)
    try fields.require(.source)
    try fields.require(.observedAt)
    try fields.require(.version)
    try fields.require(.quality)
    try fields.require(.actions)
    try fields.require(.readings)
  }
}

extension FieldReader {
  /// A set of actions; other names are ignored, a later version may know more.
  func actions() throws(DecodingFailure) -> ActionSet {
    var actions: ActionSet = []
    try forEachElement { element throws(DecodingFailure) in
      switch try element.name() {
      case ByteView("viewProfile"): actions.insert(.viewProfile)
      case ByteView("sendMail"): actions.insert(.sendMail)
      case ByteView("sendInstantMessage"): actions.insert(.sendInstantMessage)
      case ByteView("changeCredentials"): actions.insert(.changeCredentials)
      default: break
      }
    }
    return actions
  }
}

extension PresenceSnapshot.Launch {
  private enum Field: UInt8, EventField {
    case client, uri

    init?(key: ByteView) {
      switch key {
      case ByteView("client"): self = .client
      case ByteView("uri"): self = .uri
      default: return nil
      }
    }
  }

  init(json: JSONValue) throws(DecodingFailure) {
    self.init(client: .empty, uri: .empty)
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .client: client = try fields.line(Limits.nameCharacters)
      case .uri: uri = try fields.uri()
      }
    }
    try fields.require(.client)
    try fields.require(.uri)
  }
}

extension Reading {
  private enum Field: UInt8, EventField {
    case imAddress, source, device, state, statusMessage, observedAt, sequence, leaseSeconds, validUntil, standing

    @inline(__always)
    init?(key: ByteView) {
      switch key.count {
      case 5 where key == ByteView("state"): self = .state
      case 6 where key == ByteView("source"): self = .source
      case 6 where key == ByteView("device"): self = .device
      case 8 where key == ByteView("sequence"): self = .sequence
      case 8 where key == ByteView("standing"): self = .standing
      case 9 where key == ByteView("imAddress"): self = .imAddress
      case 10 where key == ByteView("observedAt"): self = .observedAt
      case 10 where key == ByteView("validUntil"): self = .validUntil
      case 12 where key == ByteView("leaseSeconds"): self = .leaseSeconds
      case 13 where key == ByteView("statusMessage"): self = .statusMessage
      default: return nil
      }
    }
  }

  /// Reads one reading of a snapshot.
  init(json: JSONValue) throws(DecodingFailure) {
    self.init(address: .empty, source: .empty, state: .offline, observedAt: .distantPast)
    var fields = try FieldReader<Field>(json)
    while let field = try fields.next() {
      switch field {
      case .imAddress: address = try fields.address()
      case .source: source = try fields.requiredIdentifier()
      case .device: device = try fields.identifier()
      case .state: state = try fields.choice()
      case .statusMessage: message = try fields.message()
      case .observedAt: observedAt = try fields.time()
      case .sequence: sequence = try fields.integer()
      case .leaseSeconds: leaseSeconds = try fields.seconds()
      case .validUntil: validUntil = try fields.time()
      case .standing: standing = try fields.choice()
      }
    }
    try fields.require(.source)
    try fields.require(.state)
    try fields.require(.observedAt)
  }
}
