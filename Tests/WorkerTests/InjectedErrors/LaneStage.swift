// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kafka
import PresenceModel
import Testing

@testable import Worker

/// A lane on a broker in this process, which the test turns by hand, and what was written for it.
///
/// Belongs to one thread, whose calls block.
final class LaneStage {
  /// What the test waited for did not come.
  struct Stuck: Error, CustomStringConvertible {
    var description: String
  }

  private typealias KafkaLane = Lane<KafkaLogClient, SystemLaneClock>

  private static let broker: Int32 = 1
  /// Longer than anything takes; only a hang gets there.
  private static let patience: Duration = .seconds(240)

  private let cluster: KafkaMockCluster
  private let log: KafkaLogSettings
  private let producer: KafkaProducer
  private let changes: KafkaTopic
  private var lane: KafkaLane
  private let reports: Reports
  private var written: Int64 = 0
  private var states: [String: String] = [:]

  /// What the lane reported of failures.
  private final class Reports {
    var failures: [LogFailure] = []

    func take(_ report: LaneReport) {
      switch report {
      case .transactionFailed(let failure), .connectionFailed(let failure): failures.append(failure)
      default: break
      }
    }
  }

  init(isTransactional: Bool) throws {
    cluster = try KafkaMockCluster()
    for topic in LogTopic.allCases { try cluster.createTopic(topic.name, partitions: 1) }
    let common = KafkaConfiguration(bootstrapServers: cluster.bootstrapServers)
    var log = KafkaLogSettings(common: common, instance: "t", lane: 0)
    log.isTransactional = isTransactional
    // A member that comes back is let in when the session less a second is over, and the first one after three seconds,
    // which its session has to outlast.
    log.sessionTimeout = .milliseconds(4_500)
    log.consumer["fetch.wait.max.ms"] = "10"
    // Else a client that fetches nothing for a while, or that a coordinator fails, waits for long in librdkafka.
    log.consumer["reconnect.backoff.max.ms"] = "100"
    log.producer["reconnect.backoff.max.ms"] = "100"
    self.log = log
    producer = try KafkaProducer(common, clientID: "test", transactionalID: nil)
    changes = try producer.topic(LogTopic.presenceChanges.name)
    reports = Reports()
    lane = Self.makeLane(log, reports)
  }

  private static func makeLane(_ log: KafkaLogSettings, _ reports: Reports) -> KafkaLane {
    var settings = LaneSettings(name: "t-0")
    settings.commitInterval = .milliseconds(5)
    settings.boundsInterval = .milliseconds(50)
    settings.reconnectBackoff = .milliseconds(5)
    return Lane(
      settings: settings,
      enricher: Enricher(settings: EnricherSettings(), worker: settings.name),
      clock: SystemLaneClock(),
      makeClient: { KafkaLogClient(log) },
      report: { reports.take($0) }
    )
  }

  // MARK: What the test does

  /// Writes changes of a new user, the last of which is to be seen in the end.
  func write() throws {
    let user = "user\(states.count)"
    for (sequence, state) in ["online", "busy", "away"].enumerated() {
      let change = """
        {"user":"\(user)","source":"gateway","state":"\(state)","observedAt":"2026-01-01T00:00:00Z",\
        "sequence":\(sequence)}
        """
      try Array(user.utf8).withUnsafeBytes { key in
        try Array(change.utf8).withUnsafeBytes { value in
          try producer.produce(changes, partition: 0, key: key, value: value)
        }
      }
      written += 1
      states[user] = state
    }
    try producer.flush(timeout: Self.patience)
  }

  /// Runs the lane until it has read and committed everything.
  func work(_ what: String = "at work") throws {
    try turn(until: { self.isIdle }, what)
  }

  /// Lets the broker answer the next request of a kind so, and runs the lane until it has met that and is back at work.
  ///
  /// - Returns: what the lane reported of failures meanwhile; none where librdkafka has dealt with the error.
  func inject(_ code: KafkaError.Code, _ errors: InjectedErrors) throws -> [LogFailure] {
    reports.failures.removeAll()
    try write()
    switch errors.occasion {
    case .work:
      try cluster.pushRequestError(errors.request, code, ofBroker: Self.broker)
    case .replacement:
      try cluster.pushRequestError(errors.request, code, ofBroker: Self.broker)
      replaceLane()
    case .metadata:
      cluster.setMetadataError(code, ofTopic: LogTopic.presenceSnapshots.name)
      replaceLane()
      // An error that asks for patience shows as the end of the lane's; one that is none lets it go to work.
      try turn(until: { !self.reports.failures.isEmpty || self.isIdle }, "\(errors.name) \(code)")
      cluster.setMetadataError(.none, ofTopic: LogTopic.presenceSnapshots.name)
    }
    let isMet = {
      try errors.occasion == .metadata
        || self.cluster.pendingRequestErrors(errors.request, ofBroker: Self.broker) == 0
    }
    try turn(until: { try isMet() && self.isIdle }, "\(errors.name) \(code)")
    // And it works on as before.
    try write()
    try work("behind \(errors.name) \(code)")
    return reports.failures
  }

  private func replaceLane() {
    lane.stop(leaveGroup: true)
    lane = Self.makeLane(log, reports)
  }

  /// Stops the lane, and finds every written change in what it has published.
  func finish() throws {
    lane.stop(leaveGroup: true)
    #expect(lane.status.phase == .stopped)
    #expect(try published() == states)
    guard !log.isTransactional else { return }  // this broker drops what is committed in transactions
    let role = KafkaConsumer.Role.reader(group: log.groupName, isolation: .readCommitted)
    let reader = try KafkaConsumer(log.readerConfiguration, role: role, clientID: "test")
    let place = KafkaTopicPartition(LogTopic.presenceChanges.name, 0)
    #expect(try reader.committed([place], timeout: Self.patience) == [KafkaPosition(place, KafkaOffset(written))])
    try reader.close()
  }

  /// The last state of each user's snapshots.
  private func published() throws -> [String: String] {
    let role = KafkaConsumer.Role.reader(group: "test", isolation: .readUncommitted)
    let reader = try KafkaConsumer(log.readerConfiguration, role: role, clientID: "test")
    try reader.assign([KafkaPosition(LogTopic.presenceSnapshots.name, 0, 0)])
    var snapshots = Snapshots()
    let deadline = ContinuousClock.now + Self.patience
    while !snapshots.isAtEnd {
      guard ContinuousClock.now < deadline else { throw Stuck(description: "the snapshots cannot be read") }
      _ = try reader.poll(timeout: .milliseconds(50), limit: 10_000, into: &snapshots)
    }
    try reader.close()
    return snapshots.states
  }

  private struct Snapshots: KafkaRecordVisitor {
    var states: [String: String] = [:]
    var isAtEnd = false

    mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
      guard let key = record.key, let value = record.value,
        let fields = (try? JSONSerialization.jsonObject(with: Data(value))) as? [String: Any]  // nothing is not a state
      else { return .next }
      states[String(decoding: key, as: UTF8.self)] = fields["state"] as? String
      return .next
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) { isAtEnd = true }
    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {}
  }

  // MARK: Turns

  private var isIdle: Bool {
    lane.status.phase == .running && lane.owned == [0] && lane.restore.isDone && lane.failure == nil
      && !lane.transaction.hasWork && lane.positions[.presenceChanges, 0] == written
  }

  private func turn(until isDone: () throws -> Bool, _ what: String) throws {
    let deadline = ContinuousClock.now + Self.patience
    while try !isDone() {
      guard ContinuousClock.now < deadline else {
        let position = lane.positions.dirtyCount
        throw Stuck(
          description: """
            \(what): waited in vain; the lane is \(lane.status.phase), \(lane.restore), of \(written) with \(position) \
            positions to commit; its last failures: \(reports.failures.suffix(3).map(\.message))
            """
        )
      }
      lane.step(longestWait: .milliseconds(10))
      if lane.status.phase == .disconnected { pauseThread(milliseconds: 2) }
    }
  }
}
