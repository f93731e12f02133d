// SPDX-License-Identifier: Apache-2.0

package import PresenceModel

/// An enricher with the store of one partition and no log: what tests and benchmarks of the rules drive.
///
/// Outputs go to a closure. `commit` and `rollback` end what a lane would run as one transaction.
package final class EnricherHarness {
  /// What the enricher published.
  package struct Output {
    package var partition: LogPartition
    package var key: ByteView?
    package var value: ByteView?
    package var headers: UnsafeBufferPointer<LogHeader>
  }

  /// A record that was never in a log.
  package struct Record: LogRecord {
    package var partition: LogPartition
    package var offset: Int64
    package var timestamp: Timestamp
    package var key: ByteView?
    package var value: ByteView?
    package var next: LogSuccessor?
    /// Borrowed, so that a record costs no counting of references: it is what a benchmark hands over a million times.
    package var headers = UnsafeBufferPointer<LogHeader>(start: nil, count: 0)

    package init(partition: LogPartition, offset: Int64, timestamp: Timestamp, key: ByteView?, value: ByteView?) {
      self.partition = partition
      self.offset = offset
      self.timestamp = timestamp
      self.key = key
      self.value = value
    }

    package func forEachHeader(_ body: (_ name: ByteView, _ value: ByteView?) -> Void) {
      for header in headers { body(header.name, header.value) }
    }
  }

  private final class Sink: EnricherSink {
    let body: (Output) -> Bool

    init(_ body: @escaping (Output) -> Bool) { self.body = body }

    func emit(
      to partition: LogPartition,
      key: ByteView?,
      value: ByteView?,
      headers: UnsafeBufferPointer<LogHeader>,
      timestamp: Timestamp?
    ) -> Bool {
      body(Output(partition: partition, key: key, value: value, headers: headers))
    }
  }

  private let enricher: Enricher
  private var store: PartitionStore
  private let sink: Sink
  private let partition: Int32
  private let settings: EnricherSettings
  private var nextOffset: Int64 = 0

  /// The time at which records are applied, turned by hand.
  package var wall: Timestamp
  package var monotonic: Int64 = 1_000_000

  /// A harness whose outputs go to `publish`, which says whether they are small enough.
  package init(
    settings: EnricherSettings = EnricherSettings(),
    partitionCount: Int32 = 1,
    partition: Int32 = 0,
    wall: Timestamp,
    publish: @escaping (Output) -> Bool
  ) {
    self.settings = settings
    self.partition = partition
    self.wall = wall
    enricher = Enricher(settings: settings, worker: "harness")
    enricher.partitionCount = partitionCount
    sink = Sink(publish)
    store = PartitionStore(partition: partition, settings: settings.contact, now: monotonic)
  }

  /// What was counted, in the running transaction too.
  package var counters: EnricherCounters { enricher.counters }
  /// The users in the store, and the bytes that it has taken from the system.
  package var users: Int { store.users.count }
  package var storeBytes: Int { store.users.reservedBytes }
  /// The table of spaces.
  package var spaces: SpaceTable {
    get { enricher.spaces }
    set { enricher.spaces = newValue }
  }

  private var now: LaneTime { LaneTime(wall: wall, monotonic: monotonic) }

  /// Applies a record of a topic, with the next offset.
  package func apply(
    _ topic: LogTopic,
    key: ByteView?,
    value: ByteView?,
    headers: [(name: ByteView, value: ByteView)] = []
  ) {
    headers.map { (name: $0.name, value: $0.value) as LogHeader }.withUnsafeBufferPointer { headers in
      var record = Record(
        partition: LogPartition(topic, partition),
        offset: nextOffset,
        timestamp: wall,
        key: key,
        value: value
      )
      record.headers = headers
      apply(record)
    }
  }

  /// Applies a record.
  package func apply(_ record: Record) {
    store.begin()
    enricher.apply(record, store, now: now, sink: sink)
    nextOffset = max(nextOffset, record.offset) + 1
  }

  /// Applies records one after the other, as a lane does what it has polled.
  package func apply(_ count: Int, record: (Int) -> Record) {
    let store = store
    let now = now
    store.begin()
    for index in 0..<count {
      let record = record(index)
      if let next = record.next { store.users.prefetchSlot(of: next.key) }
      enricher.apply(record, store, now: now, sink: sink)
    }
  }

  /// Takes over other rules behind the running transaction.
  package func adopt(_ rules: EnricherSettings) {
    commit()
    enricher.adopt(rules, stores: [store], now: monotonic)
  }

  /// Looks at the users whose timers are due.
  package func runTimers() {
    store.begin()
    store.timers.advance(to: monotonic) { id in enricher.timerIsDue(for: id, store, now: now, sink: sink) }
  }

  /// Says that every change up to now was read, as a reached watermark does.
  package func confirmCaughtUp() {
    if store.caughtUpSince == nil { store.caughtUpSince = monotonic }
    store.confirmedAt = monotonic
  }

  /// Publishes what is coalesced and makes the changes the truth.
  package func commit() {
    enricher.publishCoalesced(store, now: now, sink: sink)
    store.commit(now: now)
    enricher.endTransaction(committed: true)
  }

  /// Takes the changes back.
  package func rollback() {
    store.rollback(now: monotonic)
    enricher.endTransaction(committed: false)
  }

  /// Begins with an empty store, as another process would.
  package func forgetEverything() {
    store = PartitionStore(partition: partition, settings: settings.contact, now: monotonic)
  }

  /// Ends a restore.
  package func endRestore() { enricher.noteOutdated(store, now: now) }

  /// Takes a published record into the store, as a restore does.
  package func restore(_ record: Record) throws {
    switch record.partition.topic {
    case .presenceSnapshots: try enricher.restoreSnapshot(record, into: store, now: now)
    case .contactOutcomes: try enricher.restoreOutcome(record, into: store)
    case .userProfiles: try enricher.restoreProfile(record, into: store, now: now)
    default: preconditionFailure("\(record.partition.topic.name) is no state topic")
    }
    store.commit(now: now)
  }
}
