// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel
import Worker

/// Everything that the topics hold of one user, and where it stands.
struct UserDossier: Sendable {
  /// Where a record stands.
  struct Place: Sendable, Equatable {
    var topic: LogTopic
    var partition: Int32
    var offset: Int64
    var timestamp: Timestamp?
  }

  /// What a record said, and where it stands.
  struct Found<Content: Sendable>: Sendable {
    var content: Content
    var place: Place
    /// The record as a line of JSON.
    var json: String
  }

  /// The user's name.
  let user: String
  /// The newest snapshot; content nil for a deleted user.
  private(set) var snapshot: Found<SnapshotText?>?
  /// The newest profile; content nil for a deleted user.
  private(set) var profile: Found<ProfileText?>?
  /// The latest outcomes of requests to the user, the newest last.
  private(set) var outcomes: [Found<BoardEvent.Outcome>] = []
  /// The latest changes of the user's presence, the newest last.
  private(set) var changes: [Found<ChangeText>] = []
  /// What could not be read, with its place.
  private(set) var unreadable: [(place: Place, reason: String)] = []

  private let historyLength: Int

  /// An empty dossier that keeps the latest `historyLength` outcomes and changes.
  init(user: String, historyLength: Int) {
    self.user = user
    self.historyLength = historyLength
  }

  /// Takes a record in where it is the user's.
  mutating func take(_ record: TopicReader.Record, decoder: EventDecoder) {
    guard let key = record.key, ByteView.withView(of: user, { $0 == ByteView(key) }) else { return }
    let place = Place(
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      timestamp: record.timestamp
    )
    let json = RecordJSON.line(record)
    do throws(DecodingFailure) {
      switch (record.topic, record.value) {
      case (.presenceSnapshots, let value):
        let content = try value.map { (value) throws(DecodingFailure) in
          SnapshotText(try decoder.snapshot(value, envelope: record.envelope))
        }
        snapshot = Found(content: content, place: place, json: json)
      case (.userProfiles, let value):
        let content = try value.map { (value) throws(DecodingFailure) in
          ProfileText(try decoder.profile(value, envelope: record.envelope))
        }
        profile = Found(content: content, place: place, json: json)
      case (.contactOutcomes, let value?):
        let outcome = BoardEvent.Outcome(try decoder.outcome(value, envelope: record.envelope))
        keep(Found(content: outcome, place: place, json: json), in: &outcomes)
      case (.presenceChanges, let value?):
        let change = ChangeText(try decoder.change(value, envelope: record.envelope))
        keep(Found(content: change, place: place, json: json), in: &changes)
      default: break
      }
    } catch {
      unreadable.append((place: place, reason: error.message))
    }
  }

  private func keep<Content>(_ found: Found<Content>, in list: inout [Found<Content>]) {
    list.append(found)
    if list.count > historyLength { list.removeFirst() }
  }
}

/// A snapshot in values that outlive the record.
struct SnapshotText: Sendable, Equatable {
  var person: BoardEvent.Person
  var actions: [String]
  var client: String?
  var uri: String?
  var readings: [ReadingText]

  init(_ snapshot: PresenceSnapshot) {
    person = BoardEvent.Person(snapshot)
    actions = [
      (ActionSet.viewProfile, "view profile"), (.sendMail, "send mail"), (.sendInstantMessage, "send instant message"),
    ]
    .filter { snapshot.actions.contains($0.0) }
    .map { $0.1 }
    if snapshot.selfActions.contains(.changeCredentials) { actions.append("change credentials (own tag)") }
    client = snapshot.im?.client.string
    uri = snapshot.im?.uri.string
    readings = snapshot.readings.map(ReadingText.init)
  }
}

/// A reading in values that outlive the record.
struct ReadingText: Sendable, Equatable {
  var address: String
  var source: String
  var device: String
  var message: String
  var state: PresenceState
  var standing: Reading.Standing
  var observedAt: Timestamp
  var sequence: Int64?
  var leaseSeconds: Int32
  var validUntil: Timestamp?

  init(_ reading: Reading) {
    address = reading.address.string
    source = reading.source.string
    device = reading.device.string
    message = reading.message.string
    state = reading.state
    standing = reading.standing
    observedAt = reading.observedAt
    sequence = reading.sequence
    leaseSeconds = reading.leaseSeconds
    validUntil = reading.validUntil
  }
}

/// A profile in values that outlive the record.
struct ProfileText: Sendable, Equatable {
  var displayName: String
  var mail: String
  var enterpriseAddress: String
  var networkAddress: String
  var networkDisplayName: String
  var presenceEnabled: Bool
  var updatedAt: Timestamp?

  init(_ profile: UserProfile) {
    displayName = profile.displayName.string
    mail = profile.mail.string
    enterpriseAddress = profile.enterpriseAddress.string
    networkAddress = profile.networkAddress.string
    networkDisplayName = profile.networkDisplayName.string
    presenceEnabled = profile.presenceEnabled
    updatedAt = profile.updatedAt
  }
}

/// A change in values that outlive the record.
struct ChangeText: Sendable, Equatable {
  var source: String
  var device: String
  var address: String
  var state: PresenceState?
  var message: String
  var observedAt: Timestamp
  /// What it is where it has no state: an ask, or an answer that failed.
  var isAsk: Bool
  var failure: String?

  init(_ change: PresenceChange) {
    source = change.source.string
    device = change.device.string
    address = change.imAddress.string
    state = change.state
    message = change.statusMessage.string
    observedAt = change.observedAt
    isAsk = change.isAsk
    failure = change.failure.map { "\($0.code.string): \($0.message.string)" }
  }
}
