// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import TestSupport
import Testing

@testable import Agents

/// Microsoft's servers cannot be had: sipp plays what their public protocol specifications say that they do, and fails
/// where the worker does not do what those want of a client.
@Suite(
  .enabled(if: SIPPeer.missing == nil, Comment(rawValue: SIPPeer.missing ?? "")),
  .serialized,
  .timeLimit(.minutes(20))
)
struct MicrosoftSIPTests {
  private static let joe: IMAddress = {
    guard let address = try? IMAddress("joe@corp.example") else { fatalError("an address is one") }
    return address
  }()

  /// Watches jane and joe on a server that plays a scenario, and gives the subscription back after `body`.
  ///
  /// Fails as soon as the scenario does, whatever `body` waits for.
  private static func play(
    _ adapter: String,
    _ body: @escaping @Sendable (inout LiveStage) async throws -> Void
  ) async throws {
    try await SIPPeer.run(adapter) { peer in
      let subscribers = try AgentFactory.makeSubscribers(
        try configurations(
          """
          - type: \(adapter)
            name: office
            server: "sip:127.0.0.1:\(peer.port)"
            poolName: pool1.corp.example
            identity: "sip:portal@corp.example"
            claims: [{domain: corp.example}]
            limits: {timeout: 5m}
          """
        )
      )
      let subscriber = try #require(subscribers.first)
      #expect(subscriber.descriptor.launch == .communicator)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await peer.finish() }
        group.addTask {
          try await LiveStage.run(subscriber) { stage in
            subscriber.watch([.jane, joe])
            try await body(&stage)
          }
        }
        try await group.waitForAll()
      }
    }
  }

  // Of readings that come quickly a reader may see the last alone; how many there were is counted.

  @Test("LCS 2005: one subscription for several, first states on the answer, BENOTIFY, and its end")
  func lcs2005() async throws {
    try await Self.play("lcs2005") { stage in
      try await stage.reading(.offline, of: Self.joe)
      let jane = stage.last(of: .jane)
      #expect(jane?.state == .away)
      #expect(jane?.statusMessage == "Back at 3")
      #expect(stage.subscriber.status.readings == 4)
      #expect(stage.subscriber.status.refusals.isEmpty)
      #expect(stage.subscriber.status.active == 2)
    }
  }

  @Test("OCS 2007: categories with state and note; one that is older than what is known changes nothing")
  func ocs2007() async throws {
    try await Self.play("ocs2007") { stage in
      let jane = try await stage.reading(.away)
      #expect(jane.statusMessage == nil)
      let joe = stage.last(of: Self.joe)
      #expect(joe?.state == .away)
      #expect(joe?.statusMessage == "At lunch")
      #expect(!stage.states.contains(.offline))
      #expect(stage.subscriber.status.readings == 4)
      #expect(stage.subscriber.status.refusals == [SIPRefusal.outdatedDocument.rawValue: 1])
    }
  }

  @Test("Lync 2010: the aggregate counts, a number that means nothing changes nothing, nobody is watched in vain")
  func lync2010() async throws {
    try await Self.play("lync2010") { stage in
      try await stage.reading(.offline)
      #expect(!stage.states.contains(.online))
      #expect(stage.subscriber.status.readings == 2)
      #expect(stage.subscriber.status.refusals == [SIPRefusal.undefinedState.rawValue: 1])
      let refused = stage.all.compactMap { if case .refused(let address, _) = $0 { address } else { nil } }
      #expect(refused == [Self.joe])
    }
  }
}
