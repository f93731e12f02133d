// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import TestSupport
import Testing

@testable import Agents

@Suite(
  .enabled(if: EjabberdServer.missing == nil, Comment(rawValue: EjabberdServer.missing ?? "")),
  .timeLimit(.minutes(20))
)
struct EjabberdComponentTests {
  @Test("A change that a client makes is pushed by ejabberd, when the client has agreed")
  func push() async throws {
    try await EjabberdServer.run { server in
      let port = server.componentPort
      let more = "limits: {timeout: 1s}"  // a probe that is not answered is followed by the request to be seen
      try await withComponent(port: port, components: "portal-1.corp.example", more: more) { list in
        let desk = try await server.client("jane", resource: "desk")
        try await running(list) { subscriber in
          var reader = LiveReader(subscriber)
          subscriber.watch([try IMAddress("xmpp:jane@corp.example")])
          try await reader.reading(.online)
          try desk.send("tell dnd en=Meeting;de=Besprechung")
          try await reader.reading(.busy, "Meeting")
          let phone = try await server.client("jane", resource: "phone")
          #expect(try await reader.reading(.online).device == XMPPWatch.device(of: "phone"))
          try await phone.stop()
          #expect(try await reader.reading(.offline).device == XMPPWatch.device(of: "phone"))
        }
        let set = try AgentFactory.make(list)
        #expect(try await set.agents[0].presence(of: "jane@corp.example") == AgentAnswer(.busy, message: "Meeting"))
        #expect(try await set.agents[0].presence(of: "joe@corp.example") == nil)  // offline, of whom it says nothing
        try await set.shutdown()
        try await desk.stop()
      }
    }
  }

  @Test("Of processes with the same names each takes one of its own, although ejabberd would let them share one")
  func names() async throws {
    try await EjabberdServer.run { server in
      let desk = try await server.client("jane", resource: "desk")
      try await sharingNames(port: server.componentPort, state: .online, timeout: "1s")
      try await desk.stop()
    }
  }

  @Test(
    "A server of a private authority is believed by whoever is told of that authority, and by nobody else",
    .enabled(if: Certificates.isPossible, "there is no openssl to make certificates with")
  )
  func certificates() async throws {
    let certificates = try Certificates(host: "localhost")
    let others = try Certificates(host: "localhost")
    defer {
      certificates.remove()
      others.remove()
    }
    try await EjabberdServer.run(certificate: try certificates.combined()) { server in
      func ask(_ more: String, host: String = "localhost") async throws -> Result<AgentAnswer?, any Error> {
        try await withComponent(
          port: server.componentPort,
          host: host,
          components: "portal-1.corp.example",
          more: "tls: true\n  \(more)"
        ) {
          let set = try AgentFactory.make($0)
          let result: Result<AgentAnswer?, any Error>
          do {
            result = .success(try await set.agents[0].presence(of: "jane@corp.example"))
          } catch {
            result = .failure(error)
          }
          try await set.shutdown()
          return result
        }
      }
      // An answer that comes too late would be another error.
      let patience = "connectTimeout: 60s"
      let answer = try await ask("http: {caFile: \(certificates.authority), \(patience)}")
      #expect(try answer.get() == nil)
      for (more, host) in [
        ("http: {caFile: \(others.authority), \(patience)}", "localhost"), ("http: {\(patience)}", "localhost"),
        ("http: {caFile: \(certificates.authority), \(patience)}", "127.0.0.1"),
      ] {
        let answer = try await ask(more, host: host)
        let error = #expect(throws: AgentError.self) { try answer.get() }
        #expect(error?.message == "The XMPP server cannot be trusted, or speaks no TLS.")
      }
    }
  }
}
