// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
import Synchronization

/// What a subscriber has to tell, in batches, to one reader.
///
/// a. Whoever posts never waits, and memory is bounded by what is watched: of one address and device only the last
///    reading is kept, and of one address only the last loss. A reader that is slow sees fewer changes and never old ones.
/// b. What was posted first is read first; a newer reading takes the place of the one that it replaces.
/// c. A reading takes back a loss of its address that nobody has read yet.
public final class LiveEvents: AsyncSequence, Sendable {
  /// At least one event, at most `maximumBatch`.
  public typealias Element = [LiveEvent]

  /// How many events a batch has at most.
  public let maximumBatch: Int

  private enum Key: Hashable {
    case reading(IMAddress, device: String?)
    case loss(IMAddress)
  }

  private struct State {
    var pending: [Key: LiveEvent] = [:]
    /// The keys in the order of their posting; some are not pending any more, and are skipped.
    var order: [Key] = []
    var head = 0
    var isFinished = false
    var reader: CheckedContinuation<[LiveEvent]?, Never>?
    var conflated: UInt64 = 0
  }

  private let state = Mutex(State())

  /// Events that nobody has posted yet.
  public init(maximumBatch: Int = 512) { self.maximumBatch = Swift.max(1, maximumBatch) }

  /// How many events wait.
  public var waiting: Int { state.withLock { $0.pending.count } }

  /// How many events were replaced by later ones before they were read.
  public var conflated: UInt64 { state.withLock { $0.conflated } }

  /// Posts events.
  public func post(_ events: some Sequence<LiveEvent>) {
    wake { state in
      guard !state.isFinished else { return }
      for event in events {
        let key: Key
        switch event {
        case .reading(let reading):
          key = .reading(reading.address, device: reading.device)
          if state.pending.removeValue(forKey: .loss(reading.address)) != nil { state.conflated += 1 }
        case .lost(let address, _), .refused(let address, _):
          key = .loss(address)
        }
        if state.pending.updateValue(event, forKey: key) == nil {
          state.order.append(key)
        } else {
          state.conflated += 1
        }
      }
      compact(&state)
    }
  }

  /// Drops what waits of addresses that nobody wants to hear of any more.
  public func drop(_ addresses: some Sequence<IMAddress>) {
    let dropped = Set(addresses)
    state.withLock { state in
      state.pending = state.pending.filter { !dropped.contains($0.value.address) }
      compact(&state)
    }
  }

  /// Ends the sequence when all that waits has been read.
  public func finish() { wake { $0.isFinished = true } }

  /// Reads the events; there must not be two readers at once.
  public func makeAsyncIterator() -> Iterator { Iterator(events: self) }

  /// The reader.
  public struct Iterator: AsyncIteratorProtocol {
    let events: LiveEvents

    /// The next batch, as soon as there is something; nil at the end, and when the task is cancelled.
    public func next() async -> [LiveEvent]? { await events.next() }
  }

  private func next() async -> [LiveEvent]? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let outcome: [LiveEvent]?? = state.withLock { state in
          precondition(state.reader == nil, "events have one reader")
          if Task.isCancelled { return .some(nil) }
          if let batch = take(&state) { return .some(batch) }
          if state.isFinished { return .some(nil) }
          state.reader = continuation
          return nil
        }
        if let outcome { continuation.resume(returning: outcome) }
      }
    } onCancel: {
      let reader = state.withLock { state in
        defer { state.reader = nil }
        return state.reader
      }
      reader?.resume(returning: nil)
    }
  }

  /// Changes the state, and hands the reader a batch, or the end, if it waits for that.
  private func wake(_ change: (inout State) -> Void) {
    let (reader, batch) = state.withLock { state in
      change(&state)
      guard let reader = state.reader else {
        return (CheckedContinuation<[LiveEvent]?, Never>?.none, [LiveEvent]?.none)
      }
      let batch = take(&state)
      guard batch != nil || state.isFinished else { return (nil, nil) }
      state.reader = nil
      return (reader, batch)
    }
    reader?.resume(returning: batch)
  }

  private func take(_ state: inout State) -> [LiveEvent]? {
    var batch: [LiveEvent] = []
    while batch.count < maximumBatch, state.head < state.order.count {
      if let event = state.pending.removeValue(forKey: state.order[state.head]) { batch.append(event) }
      state.head += 1
    }
    compact(&state)
    return batch.isEmpty ? nil : batch
  }

  /// Keeps the order not much longer than what is pending.
  private func compact(_ state: inout State) {
    guard state.order.count > 2 * state.pending.count + 64 else { return }
    var seen: Set<Key> = []
    state.order = state.order[state.head...].filter { state.pending[$0] != nil && seen.insert($0).inserted }
    state.head = 0
  }
}
