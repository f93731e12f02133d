// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Kafka
import PresenceEvents
import PresenceModel

/// The role that holds standing subscriptions: reads who is to be watched, and publishes what networks tell of them.
///
/// (a) The group decides who watches whom: a bridge holds the users of its partitions of `user.profiles`, which it reads
///     from the beginning when it gets them, and publishes to the same partitions of `presence.changes`.
/// (b) A bridge that dies says nothing. Its leases hold until a successor has subscribed and renews them.
/// (c) What nobody knows to have arrived is published again; sequences make a repeat harmless.
/// (d) While the log takes nothing the last state of everybody waits here, and not its history.
/// (e) A process that stood still for longer than its session is nobody's holder any more: it joins anew before it says
///     anything.
///
/// One thread runs `step()`; subscribers leave what they tell in an inbox, which wakes it. The rules are
/// `BridgeMachine`'s, `Bridge+Reading` reads profiles and answers rebalances, `Bridge+Producing` publishes.
final class Bridge {
  var settings: BridgeSettings
  let clock: any LaneClock
  let machine: BridgeMachine
  let inbox: BridgeInbox
  /// The newest subscribers; they run already, or will as soon as those before have ended.
  private let latestRoster: () -> LiveRoster
  private(set) var roster: LiveRoster
  private(set) var consumer: KafkaConsumer?
  private(set) var producer: KafkaProducer?
  private(set) var changes = KafkaTopic.unknown
  /// How many partitions the topics have.
  private(set) var partitionCount: Int32 = 0
  let decoder = EventDecoder()
  var writer: BridgeEventWriter
  var headers = KafkaHeaders()
  /// What ends the clients, noted where it cannot be thrown.
  var failure: KafkaError?
  /// Whether nobody else can have held its partitions since the last assignment.
  var wasKept = false
  /// Whether there were more profiles than one turn reads.
  var isBehind = false
  private var reconnectAt = Int64.min
  private var failuresInARow = 0
  /// Beats at each turn: for a watchdog.
  private let heartbeat: Heartbeat
  var status = BridgeStatus()

  /// How long a turn waits at most for what subscribers tell.
  private static let longestWait: Int64 = 25
  /// How long it waits where acknowledgements are to come.
  private static let shortWait: Int64 = 2

  init(
    settings: BridgeSettings,
    inbox: BridgeInbox,
    clock: any LaneClock = SystemLaneClock(),
    heartbeat: Heartbeat = Heartbeat(),
    latestRoster: @escaping () -> LiveRoster
  ) {
    self.settings = settings
    self.inbox = inbox
    self.clock = clock
    self.heartbeat = heartbeat
    self.latestRoster = latestRoster
    roster = latestRoster()
    machine = BridgeMachine(settings.rules, roster.claims, now: clock.monotonic)
    writer = BridgeEventWriter(source: settings.eventSource)
  }

  // MARK: The loop

  /// One turn: takes what subscribers tell, reads profiles, publishes what is due. Blocks for some milliseconds at most.
  func step() {
    heartbeat.beat(at: clock.monotonic)
    adoptRoster()
    do throws(KafkaError) {
      let isConnected = try connect()
      let waited = clock.monotonic
      takeEvents()
      try noticeStandstill(since: waited)
      guard isConnected else { return }
      try poll()
      tellSubscribers()
      try publish()
      failuresInARow = 0
    } catch {
      settings.observer.error(error)
      status.fault = error.debugDescription
      restart()
    }
    if status.isReady { status.lastReadyAt = clock.monotonic }
  }

  /// Publishes what waits, and leaves the group. Nothing is said of those who were watched: their leases hold.
  func stop() {
    do throws(KafkaError) {
      try giveUp()
    } catch {
      settings.observer.error(error)
    }
    close(leaving: settings.leavesGroup && settings.groupInstanceID != nil)
    inbox.close()
    refreshStatus()
    status.isReady = false
    status.isStopped = true
    heartbeat.stop()
  }

  /// Brings the parts of the status up to date that are not counted on the way.
  func refreshStatus() {
    status.refresh(roster.subscribers, machine)
    status.inFlight = producer?.inFlight ?? 0
  }

  /// Goes by other rules from now on.
  func adopt(_ rules: BridgeRules) {
    guard rules != machine.rules else { return }
    settings.rules = rules
    machine.adopt(rules)
  }

  private func adoptRoster() {
    let newest = latestRoster()
    guard newest !== roster else { return }
    roster = newest
    machine.adopt(newest.claims)
    status.reloads += 1
    tellSubscribers()
  }

  private func takeEvents() {
    let wait = isBehind ? 0 : (producer?.inFlight ?? 0) > 0 ? Self.shortWait : Self.longestWait
    let batches = inbox.takeAll(within: wait)
    let now = clock.monotonic
    // What subscribers before have told is their successors' to tell.
    for batch in batches where batch.roster === roster {
      for event in batch.events { machine.take(event, from: batch.source, now: now) }
    }
  }

  private func tellSubscribers() {
    let changes = machine.takeWatchChanges()
    guard !changes.isEmpty else { return }
    for subscriber in roster.subscribers {
      guard let change = changes[subscriber.descriptor.name] else { continue }
      if !change.unwatch.isEmpty { subscriber.unwatch(change.unwatch) }
      if !change.watch.isEmpty { subscriber.watch(change.watch) }
    }
  }

  /// The process stood still in its wait, as a stopped one does: others may hold its partitions by now, and say newer
  /// things. librdkafka will find out, but only after what waits in sockets has been taken for news.
  private func noticeStandstill(since start: Int64) throws(KafkaError) {
    let stood = clock.monotonic - start
    guard consumer != nil, stood > settings.sessionTimeout.milliseconds else { return }
    throw KafkaError(
      code: .timedOut,
      operation: .poll,
      recovery: .discardClient,
      detail: "the process stood still for \(stood) ms"
    )
  }

  // MARK: Clients

  private func connect() throws(KafkaError) -> Bool {
    if consumer != nil { return true }
    guard clock.monotonic >= reconnectAt else { return false }
    let producer = try KafkaProducer(
      settings.producerConfiguration,
      clientID: settings.clientID,
      transactionalID: nil,
      observer: settings.observer(of: "producer")
    )
    changes = try producer.topic(settings.name(of: .presenceChanges))
    let profiles = try producer.topic(settings.name(of: .userProfiles))
    let count = try producer.partitionCount(of: changes, timeout: .seconds(5))
    guard try producer.partitionCount(of: profiles, timeout: .seconds(5)) == count else {
      let names = "\(settings.name(of: .presenceChanges)) and \(settings.name(of: .userProfiles))"
      throw KafkaError(
        code: .state,
        operation: .metadata,
        recovery: .discardClient,
        detail: "\(names) differ in their partition counts; docs/OPERATIONS.md, Growing a topic, says what to do"
      )
    }
    partitionCount = Int32(clamping: count)
    let consumer = try KafkaConsumer(
      settings.consumerConfiguration,
      role: .member(group: settings.groupName, instance: settings.groupInstanceID),
      clientID: settings.clientID,
      observer: settings.observer(of: "consumer")
    )
    try consumer.subscribe(to: [settings.name(of: .userProfiles)])
    self.producer = producer
    self.consumer = consumer
    return true
  }

  private func restart() {
    machine.suspend(lost: true, now: clock.monotonic)
    wasKept = false
    close()
    status.isReady = false
    status.reconnects += 1
    let backoff = Int64(250) << min(failuresInARow, 5)
    failuresInARow += 1
    reconnectAt = clock.monotonic + backoff
  }

  private func close(leaving: Bool = false) {
    do throws(KafkaError) {
      try consumer?.close(leaving: leaving)
    } catch {
      settings.observer.error(error)
    }
    producer?.close()
    consumer = nil
    producer = nil
    failure = nil
    isBehind = false
    settings.vitals?.forget("bridge")
  }
}
