// SPDX-License-Identifier: Apache-2.0

import Kafka
import Logging
import ServiceLifecycle
import Synchronization

/// Reads `portal.spaces` whole, and keeps the table up to date while the worker runs.
///
/// One per process; lanes take the newest immutable version between transactions, so that a transaction works with one.
final class SpacesReader: Service, Sendable {
  private struct State {
    var table = SpaceTable.empty
    var isRead = false
    var waiters: [AsyncStream<Never>.Continuation] = []
  }

  private let settings: KafkaLogSettings
  private let board: StatusBoard
  private let logger: Logger
  private let state = Mutex(State())

  init(settings: KafkaLogSettings, board: StatusBoard, logger: Logger) {
    self.settings = settings
    self.board = board
    self.logger = logger
  }

  /// The newest table.
  var table: SpaceTable { state.withLock { $0.table } }

  /// Returns when the topic was read to its end once, or when whoever waits is told to stop.
  ///
  /// That it looks at the waiter's own end matters: services stop in the reverse order of their start, so that a lane
  /// which waits for a table that no broker delivers is told before the reader, and the reader only once it has ended.
  func waitUntilRead() async {
    let (end, continuation) = AsyncStream.makeStream(of: Never.self)
    let isRead = state.withLock { state in
      if !state.isRead { state.waiters.append(continuation) }
      return state.isRead
    }
    if isRead { return }
    await withGracefulShutdownHandler {
      for await _ in end {}
    } onGracefulShutdown: {
      continuation.finish()
    }
  }

  func run() async throws {
    let thread = DedicatedThread(name: "spaces")
    await thread.run { [self] thread in loop(thread) }
    release()
  }

  private func release() {
    let waiters = state.withLock { state in
      state.isRead = true
      let waiters = state.waiters
      state.waiters = []
      return waiters
    }
    for waiter in waiters { waiter.finish() }
  }

  private func publish(_ table: SpaceTable, isComplete: Bool) {
    state.withLock { $0.table = table }
    guard isComplete else { return }
    board.set(spacesVersion: table.version)
    release()
  }

  // MARK: The thread

  private func loop(_ thread: DedicatedThread) {
    while !thread.isStopping {
      do throws(KafkaError) {
        try read(thread)
      } catch {
        settings.observer.error(error)
        logger.warning("The spaces cannot be read; trying again", metadata: ["error": "\(error.debugDescription)"])
        pauseThread(milliseconds: 500)
      }
    }
  }

  private func read(_ thread: DedicatedThread) throws(KafkaError) {
    let name = settings.name(of: .portalSpaces)
    let consumer = try KafkaConsumer(
      settings.readerConfiguration,
      role: .reader(group: settings.groupName + "-spaces", isolation: .readCommitted),
      clientID: "\(settings.instance)-spaces",
      observer: settings.observer
    )
    let count = try partitionCount(of: name)
    var visitor = Visitor(missing: Set(0..<Int32(count)))
    try consumer.assign((0..<Int32(count)).map { KafkaPosition(KafkaTopicPartition(name, $0), .beginning) })
    while !thread.isStopping {
      _ = try consumer.poll(timeout: .milliseconds(200), limit: 1_000, into: &visitor)
      if let failure = visitor.failure { throw failure }
      for problem in visitor.unreadable {
        logger.warning(
          "A space's record cannot be read; the space stays as it was",
          metadata: ["problem": "\(problem)"]
        )
      }
      visitor.unreadable.removeAll()
      guard visitor.missing.isEmpty, visitor.hasChanged else { continue }
      visitor.hasChanged = false
      publish(visitor.builder.table, isComplete: true)
    }
    try consumer.close()
  }

  private func partitionCount(of name: String) throws(KafkaError) -> Int {
    let producer = try KafkaProducer(
      settings.common,
      clientID: "\(settings.instance)-spaces",
      transactionalID: nil,
      observer: settings.observer
    )
    defer { producer.close() }
    return try producer.partitionCount(of: producer.topic(name), timeout: .seconds(5))
  }

  private struct Visitor: KafkaRecordVisitor {
    var missing: Set<Int32>
    var builder = SpaceTableBuilder()
    /// True at first, so that an empty topic publishes its empty table.
    var hasChanged = true
    var failure: KafkaError?
    /// What was wrong with records that could not be read, since somebody last looked.
    var unreadable: [String] = []

    init(missing: Set<Int32>) { self.missing = missing }

    mutating func visit(_ record: borrowing KafkaRecord) -> KafkaVisit {
      hasChanged = true
      if let problem = builder.take(KafkaLogRecord(copy record, topic: .portalSpaces)) { unreadable.append(problem) }
      return .next
    }

    mutating func reachedEnd(of topic: KafkaTopic, partition: Int32, at offset: Int64) { missing.remove(partition) }

    mutating func failed(_ error: KafkaError, topic: KafkaTopic?, partition: Int32) {
      if error.recovery != .retry { failure = error }
    }
  }
}
