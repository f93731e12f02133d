// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@Suite(.timeLimit(.minutes(20)))
struct LiveEventsTests {
  private static let jane = address("sip:jane@corp.example")
  private static let joe = address("sip:joe@corp.example")

  private static func address(_ text: String) -> IMAddress {
    guard let address = try? IMAddress(text) else { fatalError("\(text) is no address") }  // a literal of this file
    return address
  }

  private func reading(
    _ address: IMAddress,
    _ state: PresenceState,
    device: String? = nil,
    at moment: Int64 = 0
  ) -> LiveEvent {
    .reading(
      LiveReading(
        address: address,
        device: device,
        state: state,
        observedAt: Timestamp(milliseconds: moment),
        leaseSeconds: 60
      )
    )
  }

  @Test("A reader gets all that waits at once, in the order of posting")
  func batches() async throws {
    let events = LiveEvents()
    events.post([reading(Self.jane, .busy), reading(Self.joe, .away)])
    events.post([reading(Self.jane, .online, device: "phone")])
    events.finish()
    var batches: [[LiveEvent]] = []
    for await batch in events { batches.append(batch) }
    #expect(
      batches == [[reading(Self.jane, .busy), reading(Self.joe, .away), reading(Self.jane, .online, device: "phone")]]
    )
  }

  @Test("Batches have a limit, and what is beyond it comes with the next one")
  func limit() async throws {
    let events = LiveEvents(maximumBatch: 1)
    events.post([reading(Self.jane, .busy), reading(Self.joe, .away)])
    let iterator = events.makeAsyncIterator()
    #expect(await iterator.next() == [reading(Self.jane, .busy)])
    #expect(await iterator.next() == [reading(Self.joe, .away)])
  }

  @Test("A device that flips while nobody reads leaves its last reading, in its place, and no memory")
  func conflation() async throws {
    let events = LiveEvents()
    events.post([reading(Self.jane, .busy), reading(Self.joe, .away)])
    for moment in 1...10_000 {
      events.post([reading(Self.jane, moment.isMultiple(of: 2) ? .online : .away, at: Int64(moment))])
    }
    #expect(events.waiting == 2)
    #expect(events.conflated == 10_000)
    #expect(
      await events.makeAsyncIterator().next() == [reading(Self.jane, .online, at: 10_000), reading(Self.joe, .away)]
    )
  }

  @Test("A reading takes back a loss that nobody has read, but not the other way round")
  func lossAndReading() async throws {
    let events = LiveEvents()
    let loss = LiveEvent.lost(Self.jane, AgentError(.connectionFailed, "The connection broke."))
    events.post([reading(Self.jane, .busy), loss])
    let iterator = events.makeAsyncIterator()
    #expect(await iterator.next() == [reading(Self.jane, .busy), loss])
    events.post([reading(Self.jane, .busy), loss, reading(Self.jane, .away)])
    #expect(await iterator.next() == [reading(Self.jane, .away)])
  }

  @Test("Losses and readings in turn do not grow what is kept")
  func turns() async throws {
    let events = LiveEvents()
    let loss = LiveEvent.lost(Self.jane, AgentError(.connectionFailed, "The connection broke."))
    for _ in 0..<1_000 { events.post([loss, reading(Self.jane, .busy)]) }
    events.post([reading(Self.joe, .away)])
    #expect(await events.makeAsyncIterator().next() == [reading(Self.jane, .busy), reading(Self.joe, .away)])
    #expect(events.waiting == 0)
  }

  @Test("What waits of an address that is watched no more is dropped")
  func dropped() async throws {
    let events = LiveEvents()
    events.post([reading(Self.jane, .busy), reading(Self.joe, .away)])
    events.drop([Self.jane])
    #expect(await events.makeAsyncIterator().next() == [reading(Self.joe, .away)])
  }

  @Test("A reader that waits is woken by the first event, by the end, and by its cancellation")
  func waiting() async throws {
    let events = LiveEvents()
    async let first = events.makeAsyncIterator().next()
    events.post([reading(Self.jane, .busy)])
    #expect(await first == [reading(Self.jane, .busy)])

    let cancelled = Task { await events.makeAsyncIterator().next() }
    cancelled.cancel()
    #expect(await cancelled.value == nil)

    async let last = events.makeAsyncIterator().next()
    events.finish()
    #expect(await last == nil)
    events.post([reading(Self.jane, .busy)])
    #expect(await events.makeAsyncIterator().next() == nil)
  }
}
