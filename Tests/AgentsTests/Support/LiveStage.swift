// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

@testable import Agents

/// A subscriber that runs as long as a test looks at what it tells.
struct LiveStage: ~Copyable {
  let subscriber: any PresenceSubscriber
  private(set) var all: [LiveEvent] = []
  private var iterator: LiveEvents.Iterator
  private var unread: [LiveEvent] = []

  private init(_ subscriber: any PresenceSubscriber) {
    self.subscriber = subscriber
    iterator = subscriber.events.makeAsyncIterator()
  }

  /// Runs a subscriber for `body`, then ends it.
  static func run(_ subscriber: any PresenceSubscriber, _ body: (inout LiveStage) async throws -> Void) async throws {
    var stage = LiveStage(subscriber)
    let running = Task { await subscriber.run() }
    do {
      try await body(&stage)
    } catch {
      running.cancel()
      await running.value
      throw error
    }
    running.cancel()
    await running.value
  }

  /// The next event; throws at the end.
  mutating func next() async throws -> LiveEvent {
    while unread.isEmpty {
      guard let batch = await iterator.next() else { throw CancellationError() }
      all += batch
      unread = batch
    }
    return unread.removeFirst()
  }

  /// Reads until there is a reading of that state, and returns it.
  @discardableResult
  mutating func reading(_ state: PresenceState, of address: IMAddress = .jane) async throws -> LiveReading {
    while true {
      if case .reading(let reading) = try await next(), reading.state == state, reading.address == address {
        return reading
      }
    }
  }

  /// Reads until something is lost, and returns why.
  @discardableResult
  mutating func loss() async throws -> AgentError {
    while true {
      if case .lost(_, let error) = try await next() { return error }
    }
  }

  /// The last reading of an address so far.
  func last(of address: IMAddress) -> LiveReading? {
    all.reversed().lazy.compactMap { if case .reading(let reading) = $0 { reading } else { nil } }
      .first { $0.address == address }
  }

  /// The states of all readings so far.
  var states: [PresenceState] {
    all.compactMap { if case .reading(let reading) = $0 { reading.state } else { nil } }
  }
}

extension SIPSubscriber {
  /// A subscriber of these settings, which claims nothing.
  convenience init(_ settings: SIPSettings) throws {
    self.init(descriptor: AgentDescriptor(name: "sip", claims: []), client: try SIPClient(settings))
  }
}
