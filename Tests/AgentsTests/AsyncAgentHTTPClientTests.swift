// SPDX-License-Identifier: Apache-2.0

import AgentKit
import TestSupport
import Testing

@testable import Agents

@Suite(.timeLimit(.minutes(20)))
struct AsyncAgentHTTPClientTests {
  /// Longer than anything takes; only a hang gets there.
  private static let patience: Duration = .seconds(600)

  /// Sends one request to a server of that behaviour.
  private func send(
    _ behaviour: @escaping @Sendable (LocalHTTPServer.Received) -> LocalHTTPServer.Behaviour,
    path: String = "/",
    redirects: AgentHTTPRequest.Redirects = .none,
    timeout: Duration = Self.patience
  ) async throws -> Result<AgentHTTPResponse, AgentError> {
    try await LocalHTTPServer.run(behaviour) { server in
      let client = try AsyncAgentHTTPClient(.patient)
      let request = AgentHTTPRequest("GET", server.url + path, redirects: redirects)
      let result: Result<AgentHTTPResponse, AgentError>
      do throws(AgentError) {
        result = .success(try await client.send(request, timeout: timeout))
      } catch {
        result = .failure(error)
      }
      try await client.shutdown()
      return result
    }
  }

  private func failure(_ result: Result<AgentHTTPResponse, AgentError>) -> AgentError.Code? {
    guard case .failure(let error) = result else { return nil }
    return error.code
  }

  @Test("Method, header fields and body arrive, and the answer comes back whole, whatever its status")
  func exchange() async throws {
    try await LocalHTTPServer.run { _ in
      .answer(status: 418, headers: [("x-a", "b")], body: Array("tea".utf8))
    } _: { server in
      let client = try AsyncAgentHTTPClient(.patient)
      let request = AgentHTTPRequest(
        "POST",
        server.url + "/a%2Fb?c=d",
        headers: [.init("X-Key", "secret")],
        body: Array("body".utf8)
      )
      let response = try await client.send(request, timeout: Self.patience)
      var requests = server.requests.makeAsyncIterator()
      let received = try #require(await requests.next())
      #expect(received.method == "POST")
      #expect(received.uri == "/a%2Fb?c=d")
      #expect(received.headers.contains { $0 == ("X-Key", "secret") })
      #expect(received.body == Array("body".utf8))
      #expect(response.status == 418)
      #expect(response.header("X-A") == "b")
      #expect(response.body == Array("tea".utf8))
      try await client.shutdown()
    }
  }

  @Test("A client that is dropped without a word closes its connections")
  func dropped() async throws {
    try await LocalHTTPServer.run { _ in
      .answer(status: 200)
    } _: { server in
      do {
        let client = try AsyncAgentHTTPClient(.patient)
        _ = try await client.send(AgentHTTPRequest("GET", server.url), timeout: Self.patience)
      }
      try await waitUntil { server.openConnections == 0 }
    }
  }

  @Test("A body that drips ends at the time-out, not with its head")
  func drip() async throws {
    #expect(failure(try await send({ _ in .drip }, timeout: .milliseconds(200))) == .timeout)
  }

  @Test("A server that says nothing ends at the time-out")
  func silence() async throws {
    #expect(failure(try await send({ _ in .silence }, timeout: .milliseconds(200))) == .timeout)
  }

  @Test("A body without end is refused at the size limit")
  func endless() async throws {
    #expect(failure(try await send { _ in .endless }) == .tooLarge)
  }

  @Test("What is taken of bodies without end is what the limit allows and the kernel holds, not what the server sends")
  func memory() async throws {
    try await LocalHTTPServer.run({ _ in .endless }) { server in
      let client = try AsyncAgentHTTPClient(.patient)
      for _ in 0..<50 {
        let before = server.floodedBytes
        let error = await #expect(throws: AgentError.self) {
          try await client.send(AgentHTTPRequest("GET", server.url), timeout: Self.patience)
        }
        #expect(error?.code == .tooLarge)
        // Two sockets' buffers, however large the kernel lets them get.
        #expect(server.floodedBytes - before < 32 << 20)
      }
      try await client.shutdown()
    }
  }

  @Test("A body that says that it is too large is not read")
  func tooLarge() async throws {
    let result = try await send { _ in .answer(status: 200, body: [UInt8](repeating: 0x20, count: 65_537)) }
    #expect(failure(result) == .tooLarge)
  }

  @Test("A connection that breaks, and one that cannot be had, are failed connections")
  func reset() async throws {
    #expect(failure(try await send { _ in .reset }) == .connectionFailed)
    let port = try await LocalHTTPServer.run { _ in
      .silence
    } _: {
      $0.port
    }
    let client = try AsyncAgentHTTPClient(.patient)
    let error = await #expect(throws: AgentError.self) {
      try await client.send(AgentHTTPRequest("GET", "http://127.0.0.1:\(port)/"), timeout: Self.patience)
    }
    #expect(error?.code == .connectionFailed)
    try await client.shutdown()
  }

  @Test("A redirect is an answer unless it is asked for")
  func redirectNotFollowed() async throws {
    let response = try await send { _ in .answer(status: 302, headers: [("location", "/other")]) }.get()
    #expect(response.status == 302)
    #expect(response.header("location") == "/other")
  }

  @Test("A redirect to the same host is followed where it is asked for")
  func redirectFollowed() async throws {
    let response = try await send(
      { request in
        request.uri == "/"
          ? .answer(status: 302, headers: [("location", "/other")]) : .answer(status: 200, body: Array("x".utf8))
      },
      redirects: .sameHost
    ).get()
    #expect(response.body == Array("x".utf8))
  }

  @Test(
    "A redirect to another host, port, scheme or user is never followed",
    arguments: [
      "http://evil.example/", "//evil.example/", "http://127.0.0.1:1/", "https://127.0.0.1/", "file:///etc/passwd",
      "http://u@127.0.0.1/", "http://127.0.0.1.evil.example/", "\\\\evil.example\\x",
    ]
  )
  func redirectElsewhere(location: String) async throws {
    let result = try await send({ _ in .answer(status: 301, headers: [("location", location)]) }, redirects: .sameHost)
    #expect(failure(result) == .badAnswer)
  }

  @Test("A redirect in circles ends")
  func redirectLoop() async throws {
    let result = try await send({ _ in .answer(status: 307, headers: [("location", "/")]) }, redirects: .sameHost)
    #expect(failure(result) == .badAnswer)
  }

  @Test(
    "Only http and https are spoken",
    arguments: ["ftp://x/", "file:///x", "unix:/x", "x", "http://", "http://u@x/"]
  )
  func schemes(url: String) async throws {
    let client = try AsyncAgentHTTPClient(.patient)
    let error = await #expect(throws: AgentError.self) {
      try await client.send(AgentHTTPRequest("GET", url), timeout: Self.patience)
    }
    #expect(error?.code == .badAnswer)
    try await client.shutdown()
  }

  @Test("A cancelled request ends although the server says nothing")
  func cancellation() async throws {
    try await LocalHTTPServer.run { _ in
      .silence
    } _: { server in
      let client = try AsyncAgentHTTPClient(.patient)
      let task = Task {
        do throws(AgentError) {
          return try await client.send(AgentHTTPRequest("GET", server.url), timeout: Self.patience).status
        } catch {
          return error.code == .cancelled ? -1 : -2
        }
      }
      var requests = server.requests.makeAsyncIterator()
      _ = await requests.next()
      task.cancel()
      #expect(await task.value == -1)
      try await client.shutdown()
    }
  }

  @Test("A missing file of certificate authorities is reported, not ignored")
  func missingCAFile() {
    #expect(throws: AgentError.self) { try AsyncAgentHTTPClient(.init(caFile: "/nowhere/ca.pem")) }
  }
}
