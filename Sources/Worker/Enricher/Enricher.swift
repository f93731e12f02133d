// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceEvents
import PresenceModel

/// Takes what an enricher publishes.
protocol EnricherSink: AnyObject {
  /// Publishes a record in the running transaction; the views are valid during the call.
  ///
  /// - Returns: false where the record is larger than the topic takes; nothing was published then.
  func emit(
    to partition: LogPartition,
    key: ByteView?,
    value: ByteView?,
    headers: UnsafeBufferPointer<LogHeader>,
    timestamp: Timestamp?
  ) -> Bool
}

/// The moment at which a record is applied, by both clocks.
struct LaneTime {
  var wall: Timestamp
  var monotonic: Int64
}

/// The input that is being applied: where it stands, when, and what it was caused by.
///
/// It has no reference to the store, which goes beside it as a parameter: counting references is atomic, and an atomic
/// operation waits for every write before it, those to a user's cold memory among them.
struct InputContext {
  var partition: Int32
  var topic: LogTopic
  var offset: Int64
  var timestamp: Timestamp
  var now: LaneTime
  /// The trace that the input carried; empty where there is none, or where a timer is the cause.
  var trace = TraceContext.none
  /// How many records this input has caused so far: part of their ids.
  var emitted = 0
  /// The hash of the record's key, by which the user is found; nil where there is no key.
  var userHash: UInt64?
  /// What it is and what became of it, for the counters.
  var kind = EventKind.change
  var outcome = EventOutcome.applied
}

/// The deterministic state machine at the heart of the worker: events in, state changed in place, events out.
///
/// It does no I/O and reads no clock: the same records with the same times make the same state and the same output,
/// which is what makes a transaction repeatable and the simulation meaningful. One lane owns one; nothing in it is
/// shared.
///
/// In stages, each in a file of its own:
/// 1. placement and decoding (`Enricher+Inputs`), where bad records become dead letters,
/// 2. the rules: changes, asks and answers (`Enricher+Changes`), profiles (`Enricher+Profiles`), contact requests
///    (`Enricher+Contact`), timers (`Enricher+Timers`),
/// 3. publishing what a reader sees (`Enricher+Publishing`).
///
/// `Enricher+Restoring` turns published state into state again; `Enricher+Reloading` takes over other rules.
final class Enricher {
  private(set) var settings: EnricherSettings
  /// The agents of `settings`; of this lane alone, since counting references to what lanes share is slow.
  private(set) var launches: LaunchTable
  /// `settings.clockTolerance` in milliseconds, which every change is held to.
  private(set) var clockTolerance: Int64
  /// What `settings` say of all users alike.
  private(set) var projectionRules: ProjectionRules
  let worker: ByteView
  let decoder = EventDecoder()
  let encoder = EventEncoder()
  var envelope: EnvelopeWriter
  /// What was counted, the running transaction included.
  var counters = EnricherCounters()
  /// What was counted up to the last transaction that was committed.
  private(set) var committedCounters = EnricherCounters()

  /// Told of what a timer did, for whoever checks it from outside; nil in a worker.
  var timerObserver: ((TimerWork) -> Void)?
  /// The table of spaces of the running transaction.
  var spaces = SpaceTable.empty
  /// The number of partitions of the co-partitioned topics.
  var partitionCount: Int32 = 1

  let readingScratch = ReadingList.makeScratch()
  var idScratch = ByteScratch(capacity: 512)
  var uriScratch = ByteScratch(capacity: 2_048)
  var mailtoScratch = ByteScratch(capacity: 4_096)
  var steps = ContactSteps()
  var traces = TraceJournal()
  private let workerBytes: UnsafeMutablePointer<UInt8>

  init(settings: EnricherSettings, worker name: String) {
    self.settings = settings
    launches = LaunchTable(settings.agents)
    clockTolerance = settings.clockTolerance.milliseconds
    projectionRules = ProjectionRules(settings)
    envelope = EnvelopeWriter(source: settings.eventSource)
    let bytes = Array(name.utf8)
    workerBytes = .allocate(capacity: max(1, bytes.count))
    workerBytes.update(from: bytes, count: bytes.count)
    worker = ByteView(base: workerBytes, count: bytes.count)
  }

  deinit {
    readingScratch.deallocate()
    workerBytes.deallocate()
  }

  /// An empty list over the lane's scratch; only one user is unpacked at a time.
  var readings: ReadingList { ReadingList(scratch: readingScratch) }

  /// What is known of a user, nil where nothing is.
  func state(_ id: UserTable.UserID, in store: PartitionStore) -> UserState? {
    store.users.record(id).map { PackedUser.unpack($0, into: readings) }
  }

  /// What a reader sees of a user.
  func projection(of state: UserState) -> PresenceProjection {
    state.projection(projectionRules, canLaunch: launches.canLaunch(state.claim))
  }

  /// Ends the transaction's bookkeeping; what one counted that is taken back is not counted.
  func endTransaction(committed: Bool) {
    traces.removeAll()
    if committed { keepCounters() } else { counters.copy(from: committedCounters) }
  }

  /// Makes the counters the truth: at the end of a transaction, and where something is counted outside of one.
  func keepCounters() { committedCounters.copy(from: counters) }

  /// Goes by other rules; `adopt` is what lanes call.
  func replaceSettings(_ new: EnricherSettings) {
    settings = new
    clockTolerance = new.clockTolerance.milliseconds
    projectionRules = ProjectionRules(new)
    if new.agents.hash != launches.directory.hash { launches = LaunchTable(new.agents) }
  }
}
