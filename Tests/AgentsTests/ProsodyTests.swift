// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import TestSupport
import Testing

@testable import Agents

@Suite(
  .enabled(if: ProsodyServer.missing == nil, Comment(rawValue: ProsodyServer.missing ?? "")),
  .timeLimit(.minutes(20))
)
struct ProsodyTests {
  @Test("What real clients say to a real Prosody is what a probe tells of them")
  func lookups() async throws {
    try await ProsodyServer.run { server in
      let port = server.componentPort
      try await withComponent(port: port, components: "portal-1.corp.example", more: "languages: [de]") {
        let set = try AgentFactory.make($0)
        let agent = set.agents[0]
        #expect(try await agent.presence(of: "xmpp:jane@corp.example") == AgentAnswer(.offline))
        let desk = try await server.client("jane", resource: "desk")
        #expect(try await agent.presence(of: "JANE@Corp.example") == AgentAnswer(.online))
        try desk.send("tell away en=Lunch;=Essen;de-AT=Jause")
        try await desk.expect("done tell")
        #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.away, message: "Jause"))
        let phone = try await server.client("jane", resource: "phone", options: ["--priority", "7"])
        #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.online))
        try phone.send("show away On the way")
        try await phone.expect("done show")
        // Both are away: the one of the higher priority speaks.
        #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.away, message: "On the way"))
        try desk.send("show dnd In a meeting")
        try await desk.expect("done show")
        #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.busy, message: "In a meeting"))
        try await desk.stop()
        try await phone.stop()
        #expect(try await agent.presence(of: "jane@corp.example") == AgentAnswer(.offline))
        #expect(await agent.health() == .ready)
        try await set.shutdown()
      }
    }
  }

  @Test("Who has not let the component subscribe is unknown and asked to, and known when the client agrees")
  func consent() async throws {
    try await ProsodyServer.run { server in
      let jane = try await server.client("jane", resource: "desk")
      let joe = try await server.client("joe", resource: "desk", options: ["--deny"])
      try await withComponent(port: server.componentPort, components: "stranger.corp.example") { list in
        let set = try AgentFactory.make(list)
        #expect(try await set.agents[0].presence(of: "jane@corp.example") == nil)
        try await set.shutdown()
        try await running(list) { subscriber in
          var reader = LiveReader(subscriber)
          subscriber.watch([try IMAddress("joe@corp.example")])
          #expect(try await reader.refusal().code == .unauthorized)
          subscriber.watch([try IMAddress("jane@corp.example")])
          try await reader.reading(.online)
          #expect(subscriber.status.active == 1)
        }
      }
      try await jane.stop()
      try await joe.stop()
    }
  }

  @Test("A change that a client makes is pushed, of each of its resources, and in the language that is preferred")
  func push() async throws {
    try await ProsodyServer.run { server in
      let port = server.componentPort
      try await withComponent(port: port, components: "portal-1.corp.example", more: "languages: [de, fr]") {
        try await running($0) { subscriber in
          var reader = LiveReader(subscriber)
          subscriber.watch([try IMAddress("xmpp:jane@corp.example")])
          #expect(try await reader.reading(.offline).device == nil)
          let desk = try await server.client("jane", resource: "desk")
          let first = try await reader.reading(.online)
          #expect(first.device == XMPPWatch.device(of: "desk"))
          #expect(first.address == (try IMAddress("xmpp:jane@corp.example")))
          #expect(first.leaseSeconds == 300)
          let phone = try await server.client("jane", resource: "phone", options: ["--priority", "-1"])
          #expect(try await reader.reading(.online).device == XMPPWatch.device(of: "phone"))
          try desk.send("tell away en=Lunch;de=Mittag")
          let lunch = try await reader.reading(.away, "Mittag")
          #expect(lunch.device == first.device)
          #expect(lunch.observedAt > first.observedAt)
          try phone.send("tell xa en=Gone;=Gone fishing")
          try await reader.reading(.away, "Gone fishing")
          try phone.send("tell dnd en=Meeting;es=Reunión")
          try await reader.reading(.busy, "Meeting")
          try await desk.stop()
          #expect(try await reader.reading(.offline).device == first.device)
          try await phone.stop()
          #expect(try await reader.reading(.offline).device == XMPPWatch.device(of: "phone"))
          #expect(subscriber.status.active == 1)
          #expect(subscriber.status.refusals == [:])
        }
      }
    }
  }

  @Test("A server that is restarted is a loss and no news: nobody is offline meanwhile", arguments: ["TERM", "KILL"])
  func restart(signal: String) async throws {
    try await ProsodyServer.run { server in
      try await withComponent(port: server.componentPort, components: "portal-1.corp.example", more: "offlineDelay: 1m")
      {
        try await running($0) { subscriber in
          var reader = LiveReader(subscriber)
          subscriber.watch([try IMAddress("xmpp:jane@corp.example")])
          try await reader.reading(.offline)
          let desk = try await server.client("jane", resource: "desk")
          try await reader.reading(.online)
          let before = reader.past.count
          try await server.halt(signal)
          _ = try await reader.loss()
          try await server.resume()
          let again = try await server.client("jane", resource: "desk")
          try await reader.reading(.online)
          try again.send("show dnd Back")
          try await reader.reading(.busy, "Back")
          let since = reader.past[before...]
          #expect(!since.contains { if case .reading(let reading) = $0 { reading.state == .offline } else { false } })
          try await again.stop()
          try await desk.stop()
        }
      }
    }
  }

  @Test("A secret that is not the server's, and a name that the server does not know, are said so")
  func wrongSecret() async throws {
    try await ProsodyServer.run { server in
      try await withComponent(port: server.componentPort, components: "portal-1.corp.example", secret: "wrong") {
        let set = try AgentFactory.make($0)
        let error = await #expect(throws: AgentError.self) {
          try await set.agents[0].presence(of: "jane@corp.example")
        }
        #expect(error?.code == .unauthorized)
        #expect(error?.message == "The XMPP server refuses the secret of the component portal-1.corp.example.")
        #expect(await set.agents[0].health() == .failing(error?.message ?? ""))
        try await set.shutdown()
      }
      try await withComponent(port: server.componentPort, components: "portal-9.corp.example") {
        let set = try AgentFactory.make($0)
        let error = await #expect(throws: AgentError.self) {
          try await set.agents[0].presence(of: "jane@corp.example")
        }
        #expect(error?.code == .unauthorized)
        #expect(error?.message == "The XMPP server has no component portal-9.corp.example.")
        try await set.shutdown()
      }
    }
  }

  @Test("Of processes with the same names each takes one that is free")
  func names() async throws {
    try await ProsodyServer.run { server in try await sharingNames(port: server.componentPort, timeout: "1m") }
  }

  @Test("A stanza that is too large is left out, and what comes after it is not")
  func tooLarge() async throws {
    try await ProsodyServer.run { server in
      try await withComponent(port: server.componentPort, components: "portal-1.corp.example") {
        try await running($0) { subscriber in
          var reader = LiveReader(subscriber)
          subscriber.watch([try IMAddress("xmpp:jane@corp.example")])
          try await reader.reading(.offline)
          let desk = try await server.client("jane", resource: "desk")
          try await reader.reading(.online)
          try desk.send("show away \(String(repeating: "x", count: 60_000)) \(String(repeating: "&", count: 2_000))")
          try await desk.expect("done show")
          try desk.send("show dnd Short")
          try await reader.reading(.busy, "Short")
          #expect(subscriber.status.refusals == ["tooLarge": 1])
          #expect(subscriber.status.losses == 0)
          try await desk.stop()
        }
      }
    }
  }
}
