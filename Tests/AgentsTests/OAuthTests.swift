// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import Synchronization
import TestSupport
import Testing

@testable import Agents

@Suite(.timeLimit(.minutes(20)))
struct OAuthTests {
  private static let client = OAuthClient(
    tokenURL: "https://login.example/token",
    clientID: "me",
    clientSecret: Secret("a&b=c"),
    scope: nil
  )

  /// A clock that the test moves.
  private final class Hand: Sendable {
    private let offset = Mutex(Duration.zero)
    private let start = ContinuousClock.now
    var now: ContinuousClock.Instant { start.advanced(by: offset.withLock { $0 }) }
    func advance(by duration: Duration) { offset.withLock { $0 += duration } }
  }

  /// A token endpoint that gives out tokens 1, 2, … of that lifetime.
  private static func endpoint(expiresIn: String = "3600") -> StubHTTPClient {
    let count = Atomic<Int>(0)
    return StubHTTPClient { _ in
      let number = count.add(1, ordering: .relaxed).newValue
      return AgentHTTPResponse(
        status: 200,
        body: Array(#"{"token_type":"Bearer","access_token":"t\#(number)","expires_in":\#(expiresIn)}"#.utf8)
      )
    }
  }

  @Test(
    "A token is a bearer token with visible characters and a lifetime",
    arguments: [
      (#"{"token_type":"Bearer","access_token":"abc","expires_in":3599}"#, "abc", .seconds(3_599)),
      (#"{"token_type":"bearer","access_token":"abc","expires_in":"3599"}"#, "abc", .seconds(3_599)),
      (#"{"token_type":"Bearer","access_token":"abc"}"#, "abc", .seconds(300)),
      (#"{"token_type":"Bearer","access_token":"abc","expires_in":999999}"#, "abc", .seconds(86_400)),
      (#"{"token_type":"Bearer","access_token":"abc","expires_in":0}"#, nil, nil),
      (#"{"token_type":"Bearer","access_token":"abc","expires_in":null}"#, nil, nil),
      (#"{"token_type":"mac","access_token":"abc"}"#, nil, nil), (#"{"access_token":"abc"}"#, nil, nil),
      (#"{"token_type":"Bearer","access_token":""}"#, nil, nil),
      (#"{"token_type":"Bearer","access_token":"a\r\nX: y"}"#, nil, nil),
      (#"{"token_type":"Bearer","access_token":"a b"}"#, nil, nil), ("{}", nil, nil), ("<html/>", nil, nil),
    ] as [(String, String?, Duration?)]
  )
  func parse(body: String, token: String?, validFor: Duration?) {
    let found = OAuthFormat.parseToken(Array(body.utf8))
    #expect(found?.value.reveal() == token)
    #expect(found?.validFor == validFor)
  }

  @Test("A token serves until five minutes before its end, and is then renewed while it still serves")
  func renewal() async throws {
    let hand = Hand()
    let endpoint = Self.endpoint()
    let tokens = OAuthTokens(Self.client, over: endpoint, now: { hand.now })
    #expect(try await tokens.token().reveal() == "t1")
    hand.advance(by: .seconds(3_299))
    #expect(try await tokens.token().reveal() == "t1")
    #expect(endpoint.asked.count == 1)
    hand.advance(by: .seconds(1))
    #expect(try await tokens.token().reveal() == "t1")  // and the next one is on its way
    try await waitUntil { endpoint.asked.count >= 2 }
    try await waitUntil { try await tokens.token().reveal() != "t1" }
    #expect(try await tokens.token().reveal() == "t2")
    hand.advance(by: .seconds(3_600))
    #expect(try await tokens.token().reveal() == "t3")
    #expect(endpoint.asked.count == 3)
    let form = String(decoding: endpoint.asked[0].body ?? [], as: UTF8.self)
    #expect(form == "grant_type=client_credentials&client_id=me&client_secret=a%26b%3Dc")
  }

  @Test("A thousand who need a token at once cause one request")
  func singleFlight() async throws {
    let endpoint = Self.endpoint()
    let tokens = OAuthTokens(Self.client, over: endpoint)
    let found = await withTaskGroup(of: String?.self) { group in
      for _ in 0..<1_000 {
        group.addTask {
          do {
            return try await tokens.token().reveal()
          } catch {
            return nil
          }
        }
      }
      return await group.reduce(into: Set<String?>()) { $0.insert($1) }
    }
    #expect(found == ["t1"])
    #expect(endpoint.asked.count == 1)
  }

  @Test("A token that the network refuses is replaced once, and a second refusal is a failure")
  func revoked() async throws {
    let isRevoked = Mutex(Set(["Bearer t1"]))
    let count = Atomic<Int>(0)
    let client = StubHTTPClient { request in
      if request.url == "https://login.example/token" {
        let number = count.add(1, ordering: .relaxed).newValue
        return AgentHTTPResponse(
          status: 200,
          body: Array(#"{"token_type":"Bearer","access_token":"t\#(number)"}"#.utf8)
        )
      }
      let field = request.headers.last?.value ?? ""
      return AgentHTTPResponse(status: isRevoked.withLock { $0.contains(field) } ? 401 : 200)
    }
    let connection = AgentConnection(client, credentials: .oauth(Self.client))
    let request = AgentHTTPRequest("GET", "https://api.example/")
    #expect(try await connection.send(request, timeout: .seconds(20)).status == 200)
    #expect(connection.health == .ready)
    #expect(count.load(ordering: .relaxed) == 2)
    isRevoked.withLock { $0 = ["Bearer t2", "Bearer t3"] }
    let error = await #expect(throws: AgentError.self) { try await connection.send(request, timeout: .seconds(20)) }
    #expect(error?.code == .unauthorized)
    #expect(count.load(ordering: .relaxed) == 3)
  }

  @Test(
    "A token endpoint that refuses says why, and never what was sent",
    arguments: [
      (400, #"{"error":"invalid_client","error_description":"a&b=c"}"#, .unauthorized, "(invalid_client)"),
      (401, "<html>", .unauthorized, "(HTTP 401)"), (400, #"{"error":"a b\r\n"}"#, .unauthorized, "(HTTP 400)"),
      (503, "", .unavailable, "503"), (302, "", .unavailable, "302"), (200, "{}", .unavailable, "no bearer token"),
      (429, "", .rateLimited, "429"),
    ] as [(Int, String, AgentError.Code, String)]
  )
  func refusal(status: Int, body: String, code: AgentError.Code, text: String) async throws {
    let connection = AgentConnection(StubHTTPClient(status: status, body), credentials: .oauth(Self.client))
    let error = await #expect(throws: AgentError.self) {
      try await connection.send(AgentHTTPRequest("GET", "https://api.example/"), timeout: .seconds(20))
    }
    #expect(error?.code == code)
    #expect(error?.message.contains(text) == true)
    #expect(error?.debugDescription.contains("a&b=c") == false)
    #expect(connection.health != .ready)
  }

  @Test("Who is cancelled stops waiting, and the others get the value")
  func cancellation() async throws {
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let (gate, open) = AsyncStream.makeStream(of: Void.self)
    let value = SharedValue<Int> { () async throws(AgentError) in
      start.yield()
      for await _ in gate { break }
      return .init(value: 7)
    }
    let patient = Task { try? await value.value() }  // nil is a failure of the test below
    for await _ in started { break }
    let impatient = Task { () -> AgentError.Code? in
      do throws(AgentError) {
        _ = try await value.value()
        return nil
      } catch {
        return error.code
      }
    }
    impatient.cancel()
    #expect(await impatient.value == .cancelled)
    open.yield()
    #expect(await patient.value == 7)
  }

  @Test("A renewal that fails is tried again after a pause, until the value no longer holds")
  func failedRenewal() async throws {
    let hand = Hand()
    let fetches = Mutex(0)
    let value = SharedValue<Int>(renewalPause: .seconds(10), now: { hand.now }) { () async throws(AgentError) in
      let number = fetches.withLock { count in
        count += 1
        return count
      }
      guard number == 1 || number == 4 else { throw AgentError(.unavailable, "not now") }
      return .init(value: number, validFor: .seconds(100), renewAfter: .seconds(50))
    }
    let isAt = { (count: Int) in try await waitUntil { fetches.withLock { $0 } >= count } }
    #expect(try await value.value() == 1)
    hand.advance(by: .seconds(50))
    #expect(try await value.value() == 1)
    try await isAt(2)
    hand.advance(by: .seconds(49))
    #expect(try await value.value() == 1)  // the pause may still run, or a third fetch has failed, too
    hand.advance(by: .seconds(60))
    var last: Int?
    while last == nil {
      try Task.checkCancellation()
      do throws(AgentError) {
        last = try await value.value()
      } catch {
        #expect(error.code == .unavailable)
      }
    }
    #expect(last == 4)
  }

  @Test("A cache keeps what is used, within its bounds in entries and time")
  func cache() {
    let hand = Hand()
    let cache = RecentCache<Int, Int>(capacity: 10, now: { hand.now })
    for number in 0..<100 {
      cache.insert(number, for: number, validFor: .seconds(60))
      #expect(cache.value(for: 0) == 0)
      #expect(cache.count <= 10)
    }
    #expect(cache.value(for: 99) == 99)
    #expect(cache.value(for: 50) == nil)
    hand.advance(by: .seconds(60))
    #expect(cache.value(for: 99) == nil)
    let none = RecentCache<Int, Int>(capacity: 0)
    none.insert(1, for: 1, validFor: .seconds(60))
    #expect(none.value(for: 1) == nil)
    let one = RecentCache<Int, Int>(capacity: 1)
    for number in 0..<3 { one.insert(number, for: number, validFor: .seconds(60)) }
    #expect(one.count == 1)
  }
}
