// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceEvents
import PresenceModel
import Testing
import Worker

@testable import presence_worker

private let ink = Ink(isColoured: false)
private let now = Timestamp(milliseconds: 1_795_335_330_000)

@Suite("state: the report")
struct DossierReportTests {
  private let snapshot = """
    {"user":"jane","displayName":"Jane Doe","imAddress":"SIP:jane@corp.example","state":"busy",\
    "statusMessage":"In a meeting","tooltip":"In a meeting","icon":"presence-busy","source":"lync",\
    "observedAt":"2026-11-22T08:15:00.000Z","version":7,"quality":"fresh","actions":["viewProfile","sendMail"],\
    "im":{"client":"XMPP","uri":"xmpp:jane@corp.example?message"},"readings":[{"imAddress":"sip:jane@corp.example",\
    "source":"lync","device":"desktop","state":"busy","observedAt":"2026-11-22T08:15:00.000Z","sequence":9,\
    "leaseSeconds":300}]}
    """
  private let profile = #"{"user":"jane","mail":"jane@corp.example","enterpriseAddress":"sip:jane@corp.example"}"#
  private let outcome = """
    {"requestId":"r1","requester":"tom","recipient":"jane","outcome":"dispatched","channel":"mail",\
    "dispatchId":"d1","presence":{"state":"busy","quality":"fresh","observedAt":"2026-11-22T08:15:00.000Z"},\
    "decidedAt":"2026-11-22T08:15:20.000Z","trace":["cache hit","auto: goes to mail"]}
    """

  private func dossier(_ records: [(LogTopic, String, String?)], last: Int = 5) -> UserDossier {
    var dossier = UserDossier(user: "jane", historyLength: last)
    let decoder = EventDecoder()
    for (offset, (topic, key, value)) in records.enumerated() {
      withRecord(topic, key: key, value: value, offset: Int64(offset), timestamp: now) { record in
        dossier.take(record, decoder: decoder)
      }
    }
    return dossier
  }

  private func lines(_ dossier: UserDossier) -> [String] {
    DossierReport(dossier: dossier, topology: Topology(prefix: "t."), now: now, ink: ink).lines()
  }

  @Test("it shows what readers see, what that is made of, and where each stands")
  func whole() {
    let dossier = dossier([
      (.presenceSnapshots, "jane", snapshot), (.userProfiles, "jane", profile), (.contactOutcomes, "jane", outcome),
    ])
    #expect(
      lines(dossier) == [
        "● jane (Jane Doe): busy  “In a meeting”",
        "  quality      fresh",
        "  source       lync, observed 2026-11-22T08:15:00.000Z (30s ago)",
        "  address      SIP:jane@corp.example, the profile's enterprise address",
        "  menu         view profile, send mail",
        "  chat         XMPP: xmpp:jane@corp.example?message",
        "  from version 7, t.presence.snapshots[3]@0, written 2026-11-22T08:15:30.000Z",
        "",
        "Readings",
        "  state  source  device   observed  sequence  holds        standing  address",
        "  busy   lync    desktop  30s ago   9         leased 300s  live      sip:jane@corp.example",
        "",
        "Profile",
        "  mail         jane@corp.example",
        "  enterprise   sip:jane@corp.example",
        "  from t.user.profiles[3]@1, written 2026-11-22T08:15:30.000Z",
        "",
        "Requests to jane, the latest first",
        "  08:15:20  tom → jane  mail    jane is busy",
        "  as: cache hit › auto: goes to mail",
        "  from request r1, t.contact.outcomes[3]@2, written 2026-11-22T08:15:30.000Z",
      ]
    )
  }

  @Test("records of others are passed over, and the newest of each topic counts")
  func newest() {
    let other = snapshot.replacing("jane", with: "tom")
    let newer = snapshot.replacing("busy", with: "away")
    let dossier = dossier([
      (.presenceSnapshots, "jane", snapshot), (.presenceSnapshots, "jane", newer), (.presenceSnapshots, "tom", other),
    ])
    #expect(dossier.snapshot?.content?.person.state == .away)
    #expect(dossier.snapshot?.place.offset == 1)
  }

  @Test("a deleted user is said to be deleted, and where")
  func deleted() {
    let dossier = dossier([(.presenceSnapshots, "jane", snapshot), (.presenceSnapshots, "jane", nil)])
    #expect(lines(dossier).first == "jane: deleted")
    #expect(lines(dossier)[1].contains("t.presence.snapshots[3]@1"))
    #expect(!dossier.isEmpty)
  }

  @Test("an unknown user has an empty dossier that says so")
  func unknown() {
    #expect(dossier([]).isEmpty)
    #expect(lines(dossier([])).first == "jane: nothing is published of this user")
  }

  @Test("a validity that is over is said to be over")
  func over() {
    let looked = snapshot.replacing(
      #""version":7"#,
      with: #""validUntil":"2026-11-22T08:15:10.000Z","version":7"#
    )
    #expect(lines(dossier([(.presenceSnapshots, "jane", looked)])).contains { $0.contains("which is over") })
  }

  @Test("a record that cannot be read is named with its place and the reason")
  func unreadable() {
    let dossier = dossier([(.presenceSnapshots, "jane", "{}")])
    #expect(lines(dossier).last?.hasPrefix("! t.presence.snapshots[3]@0") == true)
    #expect(lines(dossier).last?.contains("user is missing") == true)
  }

  @Test("only the latest outcomes are kept")
  func history() {
    let records = (0..<9).map { (LogTopic.contactOutcomes, "jane", outcome.replacing("r1", with: "r\($0)")) }
    let dossier = dossier(records.map { ($0.0, $0.1, Optional($0.2)) }, last: 2)
    #expect(dossier.outcomes.map(\.content.request) == ["r7", "r8"])
  }
}

@Suite("topics: the report")
struct TopicsReportTests {
  @Test("topics with the same problem stand together, and a setting comes with the way to set it")
  func grouped() {
    let configuration = WorkerConfiguration()
    var facts = TopologyPlan(configuration, found: []).creations.map {
      TopicFacts(name: $0.name, partitions: $0.partitions, replicas: 1, settings: $0.settings)
    }
    facts.removeAll { $0.name.hasSuffix(".dispatches") }
    for index in facts.indices where facts[index].name == "user.profiles" {
      facts[index].settings?["cleanup.policy"] = "delete"
    }
    let lines = TopicsReport(configuration, facts, at: "kafka:9092").lines(ink)
    #expect(lines.contains("✗ mail.dispatches, im.dispatches: do not exist"))
    #expect(lines.contains("  → set cleanup.policy=compact"))
    #expect(lines.contains { $0.contains("kafka-configs.sh --bootstrap-server kafka:9092") })
    #expect(lines.contains { $0.hasPrefix("mail.dispatches        -") })
  }

  @Test("a problem that breaks a guarantee makes the command fail as a wrong configuration")
  func failure() {
    let failure = #expect(throws: CommandFailure.self) {
      try TopicsReport(WorkerConfiguration(), [], at: "kafka:9092").print()
    }
    #expect(failure?.status == .configuration)
    #expect(failure?.message.hasPrefix("10 problems") == true)
  }
}

@Suite("lookup: the report")
struct ExplanationReportTests {
  /// Answers every address of its domain in the same way.
  private struct Stub: PresenceAgent {
    var descriptor: AgentDescriptor
    var answer: Result<AgentAnswer?, AgentError>

    init(_ name: String, _ domain: String, _ answer: Result<AgentAnswer?, AgentError>) {
      descriptor = AgentDescriptor(name: name, claims: [ClaimRule(domain: GlobPattern(domain))], launch: .xmpp)
      self.answer = answer
    }

    func presence(of addresses: [IMAddress], timeout: Duration) async throws(AgentError) -> [IMAddress: AgentAnswer] {
      AgentTrace.note("asked the stub")
      guard let answer = try answer.get() else { return [:] }
      return Dictionary(uniqueKeysWithValues: addresses.map { ($0, answer) })
    }
  }

  private func report(_ address: String, _ agents: [Stub]) async throws -> ExplanationReport {
    let chain = try PresenceChain(agents)
    return ExplanationReport(await chain.explain(try IMAddress(address)), ink: ink)
  }

  @Test("it shows the order, the claim, the call and the answer")
  func answered() async throws {
    let report = try await report(
      "xmpp:jane@corp.example",
      [
        Stub("other", "else.example", .success(nil)),
        Stub("corp", "corp.example", .success(AgentAnswer(.busy, message: "In a meeting"))),
        Stub("late", "*.example", .success(nil)),
      ]
    )
    let lines = report.lines()
    #expect(report.failure == nil)
    #expect(lines.first == "Address  xmpp:jane@corp.example")
    #expect(lines.contains("  1. other  does not claim it"))
    #expect(lines.contains { $0.hasPrefix("  2. corp  ✓ claims it: ") })
    #expect(lines.contains("  3. late  would claim it, but comes later"))
    #expect(lines.contains("  asked the stub"))
    #expect(lines.contains("  ● busy  “In a meeting”"))
    #expect(lines.contains("  chat with XMPP: xmpp:jane@corp.example?message"))
  }

  @Test("an agent that fails, knows nothing, or does not exist is a failure with what happened")
  func failures() async throws {
    let failed = try await report(
      "jane@corp.example",
      [Stub("corp", "corp.example", .failure(AgentError(.badAnswer, "The answer is no JSON.")))]
    )
    #expect(failed.failure?.status == .unavailable)
    #expect(failed.lines().contains { $0.contains("The answer is no JSON.") })
    let unknown = try await report("jane@corp.example", [Stub("corp", "corp.example", .success(nil))])
    #expect(unknown.failure?.message.hasPrefix("corp knows nothing") == true)
    let nobody = try await report("jane@corp.example", [])
    #expect(nobody.failure?.message.contains("no agent claims") == true)
    #expect(nobody.lines().contains("  no agents are configured"))
  }
}
