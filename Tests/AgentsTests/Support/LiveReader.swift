// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Reads the events of a subscriber one by one, and keeps what was read.
struct LiveReader {
  private var iterator: LiveEvents.Iterator
  private var waiting: ArraySlice<LiveEvent> = []
  private(set) var past: [LiveEvent] = []

  init(_ subscriber: any PresenceSubscriber) { iterator = subscriber.events.makeAsyncIterator() }

  /// The next event.
  mutating func next() async throws -> LiveEvent {
    while waiting.isEmpty {
      guard let batch = await iterator.next() else { throw CancellationError() }
      waiting = batch[...]
    }
    let event = waiting.removeFirst()
    past.append(event)
    return event
  }

  /// The next event of a kind.
  mutating func next(where isWanted: (LiveEvent) -> Bool) async throws -> LiveEvent {
    while true {
      let event = try await next()
      if isWanted(event) { return event }
    }
  }

  /// The next reading with this state and message, as `device`.
  @discardableResult
  mutating func reading(_ state: PresenceState, _ message: String? = nil) async throws -> LiveReading {
    while true {
      if case .reading(let reading) = try await next(), reading.state == state, reading.statusMessage == message {
        return reading
      }
    }
  }

  /// The next loss.
  mutating func loss() async throws -> AgentError {
    while true { if case .lost(_, let error) = try await next() { return error } }
  }

  /// The next refusal.
  mutating func refusal() async throws -> AgentError {
    while true { if case .refused(_, let error) = try await next() { return error } }
  }
}
