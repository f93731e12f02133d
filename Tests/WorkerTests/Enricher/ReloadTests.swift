// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceEvents
import PresenceModel
import Testing

@testable import Worker

/// Other rules while the enricher runs.
struct ReloadTests {
  private func rules(_ office: Office, _ agents: [AgentDescriptor], enterprise: AgentDescriptor? = nil) throws
    -> EnricherSettings
  {
    var rules = office.settings
    rules.agents = try AgentDirectory(agents, enterprise: enterprise)
    return rules
  }

  private func agent(_ name: String, _ domain: String, launch: IMLaunch? = nil, freshness: Int = 60) -> AgentDescriptor
  {
    AgentDescriptor(
      name: name,
      claims: [ClaimRule(domain: GlobPattern(domain))],
      launch: launch,
      freshness: .seconds(freshness)
    )
  }

  @Test("Addresses are claimed by the new agents, those of users that are known among them", arguments: [true, false])
  func claims(coalesce: Bool) throws {
    let office = try Office(coalesce: coalesce)
    office.profile("ann", network: "ann@other.example")
    office.profile("bob", network: "bob@chat.example")
    office.ask("ann")
    office.rules.commit()
    #expect(office.take(.presenceLookups).isEmpty, "nobody claims the address")

    office.rules.adopt(try rules(office, [agent("other", "other.example"), agent("chat", "chat.example")]))
    office.ask("ann")
    office.ask("bob")
    office.rules.commit()
    let lookups = office.values(.presenceLookups)
    #expect(lookups.map { $0.text("user") } == ["ann", "bob"])
    #expect(Set(lookups.map { $0.text("agents") }).count == 1)
    let hash = try rules(office, [agent("other", "other.example"), agent("chat", "chat.example")]).agents.hash
    #expect(lookups[0].text("agents") == hash)
  }

  @Test("Whose client is launched in another way is published again by itself, once", arguments: [true, false])
  func launches(coalesce: Bool) throws {
    let office = try Office(coalesce: coalesce)
    office.profile("ann", network: "ann@chat.example")
    office.profile("bob", network: "bob@phone.example")
    office.rules.commit()
    #expect(office.snapshot("ann")?.map("im").text("uri") == "xmpp:ann@chat.example?message")
    let version = try #require(office.snapshot("ann")?.number("version"))
    _ = office.take(.presenceSnapshots)

    office.rules.adopt(try rules(office, [agent("chat", "chat.example", launch: .matrix)]))
    for _ in 0..<70 {
      office.pass(seconds: 1)
      office.rules.runTimers()
      office.rules.commit()
    }
    let snapshots = office.values(.presenceSnapshots)
    #expect(snapshots.map { $0.text("user") } == ["ann"])
    #expect(snapshots[0].map("im").text("uri")?.hasPrefix("https://matrix.to/") == true)
    #expect(snapshots[0].number("version") == version + 1)
  }

  @Test("A service that is switched off goes from the snapshots of everybody")
  func services() throws {
    let office = try Office(coalesce: true)
    office.profile("ann", network: "ann@chat.example")
    office.rules.commit()
    #expect(office.snapshot("ann")?.texts("actions").contains("sendMail") == true)
    var rules = office.settings
    rules.services.remove(.mail)
    office.rules.adopt(rules)
    office.pass(seconds: 61)
    office.rules.runTimers()
    office.rules.commit()
    #expect(office.snapshot("ann")?.texts("actions") == ["viewProfile", "sendInstantMessage"])
    #expect(office.counters.outdated == 1)
  }

  @Test("A transaction that is taken back leaves the announcement due")
  func rollback() throws {
    let office = try Office(coalesce: true)
    office.profile("ann", network: "ann@chat.example")
    office.rules.commit()
    office.rules.adopt(try rules(office, []))
    _ = office.take(.presenceSnapshots)
    office.pass(seconds: 61)
    office.rules.runTimers()
    office.rules.rollback()
    office.pass(seconds: 1)
    office.rules.runTimers()
    office.rules.commit()
    let snapshots = office.values(.presenceSnapshots)
    #expect(snapshots.map { $0.map("im").isEmpty } == [true])
    #expect(snapshots.map { $0.texts("actions").contains("sendInstantMessage") } == [false])
  }

  @Test("Another active connection answers for what nobody claims")
  func enterprise() throws {
    let office = try Office()
    office.profile("ann", enterprise: "ann@corp.example")
    office.rules.adopt(try rules(office, [], enterprise: agent("emea", "", freshness: 30)))
    office.ask("ann")
    #expect(office.values(.presenceLookups).count == 1)
    office.answer("ann", "busy", address: "ann@corp.example", source: "emea")
    #expect(office.snapshot("ann")?.text("validUntil") == office.time(30))
  }

  @Test("Freshness, interest and limits are the new ones from the next event on")
  func values() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    office.profile("asker", mail: "asker@corp.example")
    var rules = office.settings
    rules.contact.rate = .init(perMinute: 1, burst: 1)
    rules.interest = .zero
    office.rules.adopt(rules)
    office.request("r1", to: "ann", "mail")
    office.request("r2", to: "ann", "mail")
    #expect(office.values(.contactOutcomes).map { $0.text("reason") } == [nil, "tooManyRequests"])
    office.ask("ann")
    office.answer("ann", "online", address: "ann@chat.example")
    _ = office.take(.presenceLookups)
    for _ in 0..<30 {
      office.pass(seconds: 10)
      office.rules.runTimers()
    }
    #expect(office.take(.presenceLookups).isEmpty)
  }
}
