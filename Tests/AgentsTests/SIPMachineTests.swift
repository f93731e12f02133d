// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Agents

/// The machine against a server that is played by hand, on a clock that moves when told.
private struct Stage {
  var machine: SIPMachine
  var instant = Duration.zero
  var sent: [SIPMessage] = []
  var events: [LiveEvent] = []
  var connects = 0
  var finished: [UInt64: Result<[IMAddress: AgentAnswer], AgentError>] = [:]
  var isClosed = false

  init(
    _ adapter: SIPAdapter = .simple,
    transport: SIPTransport = .tcp,
    credentials: Credentials = .none,
    keepAlive: Duration = .seconds(3_600),
    batch: Int = 100
  ) {
    var settings = SIPSettings(
      adapter: adapter,
      host: "sip.corp.example",
      port: 5_060,
      transport: transport,
      identity: "sip:portal@corp.example",
      userDomain: "corp.example"
    )
    settings.credentials = credentials
    settings.keepAlive = keepAlive
    settings.batch = batch
    machine = SIPMachine(settings)
  }

  var now: SIPMachine.Now {
    .init(instant: instant, wall: Timestamp(milliseconds: 1_800_000_000_000 + Int64(instant / .milliseconds(1))))
  }

  mutating func run(_ actions: [SIPMachine.Action]) throws {
    for action in actions {
      switch action {
      case .connect: connects += 1
      case .disconnect: break
      case .send(let bytes): sent.append(try SIPMessageParser.parse(bytes))
      case .arm: break
      case .post(let posted): events += posted
      case .finish(let id, let result): finished[id] = result
      case .closed: isClosed = true
      }
    }
  }

  mutating func connect() throws { try run(machine.connected(local: "192.0.2.1:5060", now: now)) }

  mutating func pass(_ duration: Duration) throws {
    instant += duration
    try run(machine.timePassed(now: now))
  }

  mutating func receive(_ message: SIPMessage) throws { try run(machine.received(message, now: now)) }

  /// The last request of that method.
  func last(_ method: String) throws -> SIPMessage { try #require(sent.last { $0.method == method }) }

  /// The server's answer to a request.
  func answer(
    _ request: SIPMessage,
    _ status: Int,
    tag: String = "srv",
    _ fields: [(String, String)] = []
  ) -> SIPMessage {
    var message = SIPMessage(kind: .response(status: status, reason: "R"), fields: [])
    for name in ["Via", "From", "Call-ID", "CSeq"] { message.add(name, request[name] ?? "") }
    message.add(
      "To",
      (request["To"] ?? "").contains("tag=") ? request["To"] ?? "" : "\(request["To"] ?? "");tag=\(tag)"
    )
    message.add("Contact", "<sip:pres@sip.corp.example>")
    for (name, value) in fields { message.add(name, value) }
    return message
  }

  /// A NOTIFY in the dialogue of a SUBSCRIBE.
  func notify(
    _ subscribe: SIPMessage,
    sequence: Int,
    tag: String = "srv",
    state: String = "active;expires=600",
    type: String = "application/pidf+xml",
    body: String = ""
  ) -> SIPMessage {
    var message = SIPMessage(kind: .request(method: "NOTIFY", uri: "sip:portal@192.0.2.1:5060"), fields: [])
    message.add("Via", "SIP/2.0/TCP sip.corp.example;branch=z9hG4bK\(sequence)")
    message.add("From", "<sip:jane@corp.example>;tag=\(tag)")
    message.add("To", subscribe["From"] ?? "")
    message.add("Call-ID", subscribe["Call-ID"] ?? "")
    message.add("CSeq", "\(sequence) NOTIFY")
    message.add("Event", "presence")
    message.add("Subscription-State", state)
    message.add("Contact", "<sip:pres@sip.corp.example>")
    if !body.isEmpty { message.add("Content-Type", type) }
    message.body = Array(body.utf8)
    return message
  }

  var readings: [LiveReading] {
    events.compactMap { if case .reading(let reading) = $0 { reading } else { nil } }
  }

  func refusals(_ refusal: SIPRefusal) -> UInt64 { machine.status.refusals[refusal.rawValue] ?? 0 }
}

private func pidf(_ activity: String) -> String {
  """
  <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:jane@corp.example"><tuple id="a"><status>\
  <basic>open</basic></status></tuple><person><activities><\(activity)/></activities></person></presence>
  """
}

@Suite struct SIPMachineTests {
  private let jane: IMAddress

  init() throws { jane = try IMAddress("jane@corp.example") }

  private func watching(_ stage: inout Stage) throws -> SIPMessage {
    try stage.run(stage.machine.watch([jane], now: stage.now))
    #expect(stage.connects == 1)
    try stage.connect()
    let subscribe = try stage.last("SUBSCRIBE")
    try stage.receive(stage.answer(subscribe, 200, [("Expires", "600")]))
    try stage.receive(stage.notify(subscribe, sequence: 1, body: pidf("meeting")))
    return subscribe
  }

  @Test("A NOTIFY becomes a reading whose lease is the subscription's term, and is answered")
  func reading() throws {
    var stage = Stage()
    _ = try watching(&stage)
    #expect(stage.readings.map(\.state) == [.busy])
    #expect(stage.readings.map(\.leaseSeconds) == [600])
    #expect(stage.readings.map(\.address) == [jane])
    #expect(stage.sent.last?.status == 200)
    #expect(stage.machine.liveStatus.active == 1)
  }

  @Test(
    "A subscription is refreshed within its dialogue between half and four fifths of its term, and renews the lease"
  )
  func refresh() throws {
    var stage = Stage()
    let subscribe = try watching(&stage)
    try stage.pass(.seconds(299))
    #expect(try stage.last("SUBSCRIBE") == subscribe)
    try stage.pass(.seconds(181))
    let refresh = try stage.last("SUBSCRIBE")
    #expect(refresh["Call-ID"] == subscribe["Call-ID"])
    #expect(refresh["To"]?.contains("tag=srv") == true)
    #expect(refresh.kind == .request(method: "SUBSCRIBE", uri: "sip:pres@sip.corp.example"))
    try stage.receive(stage.answer(refresh, 200, [("Expires", "600")]))
    #expect(stage.readings.map(\.leaseSeconds) == [600, 600])
    #expect(stage.readings.map(\.observedAt).max() == stage.readings.last?.observedAt)
    #expect(Set(stage.readings.map(\.observedAt)).count == 2)
  }

  @Test("A server that is silent is asked whether it is there, and without an answer the connection is given up")
  func keepAlive() throws {
    var stage = Stage(keepAlive: .seconds(30))
    _ = try watching(&stage)
    try stage.pass(.seconds(30))
    let first = try stage.last("OPTIONS")
    try stage.receive(stage.answer(first, 200))
    try stage.pass(.seconds(30))
    #expect(try stage.last("OPTIONS")["Call-ID"] != first["Call-ID"])
    #expect(stage.machine.liveStatus.isConnected)
    try stage.pass(.seconds(10))
    #expect(!stage.machine.liveStatus.isConnected)
    #expect(stage.events.last == .lost(jane, .silence))
  }

  @Test("A server that has forgotten the dialogue is subscribed to anew at once, and nobody is offline meanwhile")
  func forgotten() throws {
    var stage = Stage()
    let subscribe = try watching(&stage)
    try stage.pass(.seconds(480))
    try stage.receive(stage.answer(stage.last("SUBSCRIBE"), 481))
    let anew = try stage.last("SUBSCRIBE")
    #expect(anew["Call-ID"] != subscribe["Call-ID"])
    #expect(anew["To"]?.contains("tag=") == false)
    #expect(stage.readings.map(\.state) == [.busy])
  }

  @Test("A broken connection is a loss, comes back after a pause, and asks within the old dialogue")
  func reconnection() throws {
    var stage = Stage()
    let subscribe = try watching(&stage)
    let error = AgentError(.connectionFailed, "The connection broke.")
    try stage.run(stage.machine.disconnected(error, now: stage.now))
    #expect(stage.events.last == .lost(jane, error))
    #expect(stage.connects == 1)
    try stage.pass(.seconds(1))
    #expect(stage.connects == 2)
    try stage.connect()
    #expect(try stage.last("SUBSCRIBE")["Call-ID"] == subscribe["Call-ID"])
    #expect(stage.readings.map(\.state) == [.busy])
  }

  @Test("A NOTIFY of no dialogue, of a fork, out of order, of another event or without a state changes nothing")
  func forged() throws {
    var stage = Stage()
    let subscribe = try watching(&stage)
    var foreign = stage.notify(subscribe, sequence: 9, body: pidf("away"))
    foreign.fields = foreign.fields.map { $0.name == "Call-ID" ? .init(name: "Call-ID", value: "guessed") : $0 }
    try stage.receive(foreign)
    #expect(stage.sent.last?.status == 481)
    try stage.receive(stage.notify(subscribe, sequence: 9, tag: "fork", body: pidf("away")))
    #expect(stage.sent.last?.status == 481)
    #expect(stage.refusals(.unknownDialog) == 2)

    try stage.receive(stage.notify(subscribe, sequence: 5, body: pidf("lunch")))
    try stage.receive(stage.notify(subscribe, sequence: 4, body: pidf("meeting")))
    #expect(stage.sent.last?.status == 500)
    #expect(stage.refusals(.outOfOrder) == 1)
    try stage.receive(stage.notify(subscribe, sequence: 5, body: pidf("meeting")))  // sent again
    #expect(stage.sent.last?.status == 200)

    var winfo = stage.notify(subscribe, sequence: 6, body: pidf("meeting"))
    winfo.fields = winfo.fields.map { $0.name == "Event" ? .init(name: "Event", value: "presence.winfo") : $0 }
    try stage.receive(winfo)
    #expect(stage.sent.last?.status == 489)
    var bare = stage.notify(subscribe, sequence: 7, body: pidf("meeting"))
    bare.fields.removeAll { $0.name == "Subscription-State" }
    try stage.receive(bare)
    #expect(stage.sent.last?.status == 400)
    #expect(stage.readings.map(\.state) == [.busy, .away])
  }

  @Test("A document that is malformed, or of a type that was not asked for, is counted and changes nothing")
  func documents() throws {
    var stage = Stage()
    let subscribe = try watching(&stage)
    try stage.receive(stage.notify(subscribe, sequence: 2, body: "<presence"))
    try stage.receive(stage.notify(subscribe, sequence: 3, type: "text/html", body: "<html/>"))
    #expect(stage.refusals(.malformedDocument) == 1)
    #expect(stage.refusals(.unknownDocument) == 1)
    #expect(stage.readings.count == 1)
  }

  @Test("A NOTIFY that comes before the answer makes the dialogue")
  func early() throws {
    var stage = Stage()
    try stage.run(stage.machine.watch([jane], now: stage.now))
    try stage.connect()
    let subscribe = try stage.last("SUBSCRIBE")
    try stage.receive(stage.notify(subscribe, sequence: 1, body: pidf("away")))
    try stage.receive(stage.answer(subscribe, 202, [("Expires", "600")]))
    #expect(stage.readings.map(\.state) == [.away])
  }

  @Test("A challenge is answered once; one more means that the password is wrong")
  func digest() throws {
    var stage = Stage(credentials: .basic(user: "portal", password: Secret("secret")))
    try stage.run(stage.machine.watch([jane], now: stage.now))
    try stage.connect()
    let challenge = ("WWW-Authenticate", "Digest realm=\"corp\", nonce=\"n1\", qop=\"auth\"")
    try stage.receive(stage.answer(stage.last("SUBSCRIBE"), 401, [challenge]))
    let second = try stage.last("SUBSCRIBE")
    #expect(second["Authorization"]?.contains("nc=00000001") == true)
    #expect(second["CSeq"] == "2 SUBSCRIBE")
    #expect(!String(decoding: second.bytes, as: UTF8.self).contains("secret"))
    try stage.receive(stage.answer(second, 401, [challenge]))
    #expect(stage.events.count == 1)
    guard case .lost(_, let error)? = stage.events.first else { return #expect(Bool(false), "no loss was told") }
    #expect(error.code == .unauthorized)
  }

  @Test("A nonce that is too old is replaced without a word")
  func stale() throws {
    var stage = Stage(credentials: .basic(user: "portal", password: Secret("secret")))
    try stage.run(stage.machine.watch([jane], now: stage.now))
    try stage.connect()
    let field = { (nonce: String) in
      ("WWW-Authenticate", "Digest realm=\"c\", nonce=\"\(nonce)\", qop=\"auth\", stale=true")
    }
    try stage.receive(stage.answer(stage.last("SUBSCRIBE"), 401, [field("n1")]))
    try stage.receive(stage.answer(stage.last("SUBSCRIBE"), 401, [field("n2")]))
    #expect(try stage.last("SUBSCRIBE")["Authorization"]?.contains("nonce=\"n2\"") == true)
    #expect(stage.events.isEmpty)
  }

  @Test("Over UDP a request is sent again with pauses that double, and given up in time")
  func retransmission() throws {
    var stage = Stage(transport: .udp)
    try stage.run(stage.machine.watch([jane], now: stage.now))
    try stage.connect()
    for pause in [0.5, 1.0, 2.0, 4.0] { try stage.pass(.seconds(pause)) }
    #expect(stage.sent.count == 5)
    #expect(Set(stage.sent.map { $0["Via"] ?? "" }).count == 1)
    try stage.pass(.seconds(3))
    #expect(stage.events == [.lost(jane, .silence)])
  }

  @Test("A fetch ends with the first state, unknown where there is none, and with a failure in time")
  func fetches() throws {
    var stage = Stage()
    try stage.run(stage.machine.fetch(1, [jane], timeout: .seconds(5), now: stage.now))
    try stage.connect()
    let first = try stage.last("SUBSCRIBE")
    #expect(first["Expires"] == "0")
    try stage.receive(stage.answer(first, 200, [("Expires", "0")]))
    try stage.receive(stage.notify(first, sequence: 1, state: "terminated;reason=timeout", body: pidf("lunch")))
    #expect(stage.finished[1] == .success([jane: AgentAnswer(.away)]))

    try stage.run(stage.machine.fetch(2, [jane], timeout: .seconds(5), now: stage.now))
    try stage.receive(stage.answer(stage.last("SUBSCRIBE"), 403))
    #expect(stage.finished[2] == .success([:]))

    try stage.run(stage.machine.fetch(3, [jane], timeout: .seconds(5), now: stage.now))
    try stage.pass(.seconds(5))
    #expect(stage.finished[3] == .failure(.silence))
    #expect(stage.machine.subscriptions.isEmpty)
  }

  @Test("Thousands of subscriptions come about at the server's pace")
  func pace() throws {
    var stage = Stage()
    let people = try (0..<1_000).map { try IMAddress("sip:user\($0)@corp.example") }
    try stage.run(stage.machine.watch(people, now: stage.now))
    try stage.connect()
    #expect(stage.sent.count == 64)
    var answered = 0
    while answered < stage.sent.count {
      try stage.receive(stage.answer(stage.sent[answered], 200, [("Expires", "600")]))
      answered += 1
    }
    #expect(answered == 1_000)
    #expect(stage.machine.liveStatus.active == 1_000)
  }

  @Test("At the end subscriptions are given back")
  func close() throws {
    var stage = Stage()
    _ = try watching(&stage)
    try stage.run(stage.machine.close(now: stage.now))
    let last = try stage.last("SUBSCRIBE")
    #expect(last["Expires"] == "0")
    #expect(!stage.isClosed)
    try stage.receive(stage.answer(last, 200, [("Expires", "0")]))
    #expect(stage.isClosed)
  }

  @Test("OCS 2007: one subscription for many, whose first states ride on the answer; strangers in it are counted")
  func batch() throws {
    var stage = Stage(.ocs2007)
    let joe = try IMAddress("sip:joe@corp.example")
    try stage.run(stage.machine.watch([jane, joe], now: stage.now))
    try stage.connect()
    #expect(stage.sent.count == 1)
    let subscribe = try stage.last("SUBSCRIBE")
    #expect(subscribe["Require"] == "adhoclist, categoryList")
    #expect(subscribe["Content-Type"] == "application/msrtc-adrl-categorylist+xml")
    let list = try #require(XMLElement.parse(subscribe.body))
    let uris = list.firstDescendant("adhocList")?.children.compactMap { $0.attributes["uri"] }
    #expect(uris == ["sip:jane@corp.example", "sip:joe@corp.example"])

    let part = { (user: String, availability: Int) in
      """
      --b\r\nContent-Type: application/msrtc-event-categories+xml\r\n\r\n<categories uri="sip:\(user)@corp.example">\
      <category name="state" publishTime="2011-05-04T08:15:10Z"><state><availability>\(availability)</availability>\
      </state></category></categories>\r\n
      """
    }
    var answer = stage.answer(
      subscribe,
      200,
      [("Expires", "600"), ("Content-Type", "multipart/related;boundary=b")]
    )
    answer.body = Array((part("Jane", 6_500) + part("joe", 12_500) + part("mallory", 3_500) + "--b--").utf8)
    try stage.receive(answer)
    #expect(stage.readings.map(\.state) == [.busy, .away])
    #expect(stage.refusals(.foreignEntity) == 1)
  }

  private static func part(_ user: String, _ availability: Int) -> String {
    """
    --b\r\nContent-Type: application/msrtc-event-categories+xml\r\n\r\n<categories uri="sip:\(user)@corp.example">\
    <category name="state" publishTime="2011-05-04T08:15:10.000"><state><availability>\(availability)</availability>\
    </state></category></categories>\r\n
    """
  }

  private static func list(version: Int, _ entries: String) -> String {
    """
    --b\r\nContent-Type: application/rlmi+xml\r\n\r\n<list uri="sip:portal@corp.example" version="\(version)" \
    fullState="true">\(entries)</list>\r\n
    """
  }

  @Test("LCS 2005 has a list of its own, and none where one subscription is for one person")
  func lcsList() throws {
    var stage = Stage(.lcs2005)
    try stage.run(stage.machine.watch([jane], now: stage.now))
    try stage.connect()
    let subscribe = try stage.last("SUBSCRIBE")
    #expect(subscribe.kind == .request(method: "SUBSCRIBE", uri: "sip:portal@corp.example"))
    #expect(subscribe["Content-Type"] == "application/adrl+xml")
    #expect(subscribe["Require"] == "adhoclist")
    let list = try #require(XMLElement.parse(subscribe.body))
    #expect(list.child("create")?.children.compactMap { $0.attributes["uri"] } == ["sip:jane@corp.example"])

    stage = Stage(.lcs2005, batch: 1)
    try stage.run(stage.machine.watch([jane], now: stage.now))
    try stage.connect()
    let single = try stage.last("SUBSCRIBE")
    #expect(single.kind == .request(method: "SUBSCRIBE", uri: "sip:jane@corp.example"))
    #expect(single["Require"] == nil)
    #expect(single.body.isEmpty)
  }

  @Test("Who lives on another pool is subscribed to alone, at that person's own address")
  func resubscribe() throws {
    var stage = Stage(.ocs2007)
    let joe = try IMAddress("sip:joe@corp.example")
    try stage.run(stage.machine.watch([jane, joe], now: stage.now))
    try stage.connect()
    let subscribe = try stage.last("SUBSCRIBE")
    let entry = "<resource uri=\"sip:joe@corp.example\"><instance id=\"0\" state=\"resubscribe\"/></resource>"
    var answer = stage.answer(subscribe, 200, [("Expires", "600"), ("Content-Type", "multipart/related;boundary=b")])
    answer.body = Array((Self.list(version: 1, entry) + Self.part("jane", 6_500) + "--b--").utf8)
    try stage.receive(answer)
    let alone = try stage.last("SUBSCRIBE")
    #expect(alone.kind == .request(method: "SUBSCRIBE", uri: "sip:joe@corp.example"))
    #expect(alone["Require"] == nil)
    #expect(String(decoding: alone.body, as: UTF8.self).contains("<resource uri=\"sip:joe@corp.example\"/>"))
    answer = stage.answer(alone, 200, [("Expires", "600"), ("Content-Type", "multipart/related;boundary=b")])
    answer.body = Array((Self.list(version: 1, entry) + "--b--").utf8)
    try stage.receive(answer)
    #expect(try stage.last("SUBSCRIBE") == alone)  // once is enough
    #expect(stage.readings.map(\.address) == [jane])
  }

  @Test("Of lists the version counts, not CSeq; an older one changes nothing")
  func listVersion() throws {
    var stage = Stage(.ocs2007)
    try stage.run(stage.machine.watch([jane], now: stage.now))
    try stage.connect()
    let subscribe = try stage.last("SUBSCRIBE")
    try stage.receive(stage.answer(subscribe, 200, [("Expires", "600"), ("ms-piggyback-cseq", "5")]))
    for (sequence, version, availability) in [(7, 3, 6_500), (6, 4, 12_500), (8, 2, 3_500)] {
      let body = Self.list(version: version, "") + Self.part("jane", availability) + "--b--"
      try stage.receive(
        stage.notify(subscribe, sequence: sequence, type: "multipart/related;boundary=b", body: body)
      )
    }
    #expect(stage.readings.map(\.state) == [.busy, .away])
    #expect(stage.refusals(.outdatedDocument) == 1)
  }

  @Test("Notifications that come all the time do not put off the refresh")
  func steadyRefresh() throws {
    var stage = Stage()
    let subscribe = try watching(&stage)
    var second = 0
    while try stage.last("SUBSCRIBE") == subscribe {
      second += 1
      try stage.pass(.seconds(1))
      let rest = "active;expires=\(599 - second)"
      try stage.receive(stage.notify(subscribe, sequence: second + 1, state: rest, body: pidf("meeting")))
    }
    #expect((300...480).contains(second))
  }

  @Test("A server that shortens a subscription is refreshed sooner")
  func shortened() throws {
    var stage = Stage()
    let subscribe = try watching(&stage)
    try stage.receive(stage.notify(subscribe, sequence: 2, state: "active;expires=20", body: pidf("meeting")))
    #expect(stage.readings.last?.leaseSeconds == 20)
    try stage.pass(.seconds(16))
    #expect(try stage.last("SUBSCRIBE") != subscribe)
  }

  @Test("A fetch of several ends with what was told by then")
  func partialFetch() throws {
    var stage = Stage(.ocs2007)
    let joe = try IMAddress("sip:joe@corp.example")
    try stage.run(stage.machine.fetch(1, [jane, joe], timeout: .seconds(5), now: stage.now))
    try stage.connect()
    let subscribe = try stage.last("SUBSCRIBE")
    try stage.receive(stage.answer(subscribe, 200, [("Expires", "0")]))
    let body = Self.part("jane", 6_500) + "--b--"
    try stage.receive(stage.notify(subscribe, sequence: 1, type: "multipart/related;boundary=b", body: body))
    #expect(stage.finished.isEmpty)
    try stage.pass(.seconds(5))
    #expect(stage.finished[1] == .success([jane: AgentAnswer(.busy)]))
  }

  @Test("A person whom nobody publishes for any more is not renewed, and not offline")
  func withdrawn() throws {
    var stage = Stage()
    let subscribe = try watching(&stage)
    try stage.receive(stage.notify(subscribe, sequence: 2))
    try stage.pass(.seconds(480))
    try stage.receive(stage.answer(stage.last("SUBSCRIBE"), 200, [("Expires", "600")]))
    #expect(stage.readings.map(\.state) == [.busy])
  }

  @Test("Two spellings of one person are both watched and both answered")
  func spellings() throws {
    var stage = Stage(.ocs2007)
    let bare = try IMAddress("sip:jane@corp.example")
    try stage.run(stage.machine.watch([jane, bare], now: stage.now))
    try stage.connect()
    #expect(stage.sent.count == 2)
    #expect(stage.machine.liveStatus.watched == 2)

    try stage.run(stage.machine.fetch(1, [jane, bare], timeout: .seconds(5), now: stage.now))
    var answer = stage.answer(
      try stage.last("SUBSCRIBE"),
      200,
      [("Expires", "0"), ("Content-Type", "multipart/related;boundary=b")]
    )
    answer.body = Array((Self.part("jane", 6_500) + "--b--").utf8)
    try stage.receive(answer)
    #expect(stage.finished[1] == .success([jane: AgentAnswer(.busy), bare: AgentAnswer(.busy)]))
  }
}
