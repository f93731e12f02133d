// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import PresenceEvents
import PresenceModel
import Testing

@testable import Worker

@Suite("What a snapshot offers")
struct ActionTests {
  private let profile: [String: Any] = [
    "user": "ann", "mail": "x@corp.example", "enterpriseAddress": "sip:ann@corp.example",
  ]

  /// An office with ann, who is busy and can be reached by everything.
  private func office(coalesce: Bool = false) throws -> Office {
    let office = try Office(coalesce: coalesce) { $0.changeCredentials = true }
    office.profile("ann", enterprise: "sip:ann@corp.example")
    office.push("ann", "busy")
    if coalesce { office.rules.commit() }
    return office
  }

  @Test("Services, mail address, claim and the agent's client decide what a menu offers")
  func everything() throws {
    let snapshot = try #require(try office().snapshot("ann"))
    #expect(snapshot.texts("actions") == ["viewProfile", "sendMail", "sendInstantMessage"])
    #expect(snapshot.texts("selfActions") == ["changeCredentials"])
    #expect(snapshot.map("im").text("client") == "Microsoft Communicator")
  }

  @Test("No mail is offered to an address that a request would be rejected for")
  func unusableMail() throws {
    let office = try Office()
    office.profile("ann", mail: "a@b.example,c@d.example")
    #expect(office.snapshot("ann")?.texts("actions") == ["viewProfile"])
    office.request("r1", to: "ann", "mail")
    #expect(office.values(.contactOutcomes).first?.text("reason") == "noMailAddress")
  }

  @Test(
    "A service that was switched off disappears from the snapshots of users of whom nothing new is heard",
    arguments: [false, true]
  )
  func serviceSwitchedOff(coalesce: Bool) throws {
    let before = try office(coalesce: coalesce)
    let version = before.snapshot("ann")?.number("version") ?? 0
    let after = try before.restored(profiles: [("ann", profile)]) { $0.services = [.profile, .mail] }
    #expect(after.counters.outdated == 1)
    after.rules.runTimers()
    #expect(after.outputs.isEmpty, "not all at once")
    after.pass(seconds: 61)
    after.rules.runTimers()
    if coalesce { after.rules.commit() }
    let snapshot = try #require(after.snapshot("ann"))
    #expect(snapshot.texts("actions") == ["viewProfile", "sendMail"])
    #expect(snapshot.texts("selfActions").isEmpty)
    #expect(snapshot["im"] == nil)
    #expect(snapshot.text("state") == "busy")
    #expect(snapshot.number("version") == version + 1)
    after.pass(seconds: 61)
    after.rules.runTimers()
    if coalesce { after.rules.commit() }
    #expect(after.take(.presenceSnapshots).count == 1, "once is enough")
  }

  @Test("Presence that was switched off is not shown any longer")
  func presenceSwitchedOff() throws {
    let after = try office().restored(profiles: [("ann", profile)]) { $0.presenceEnabled = false }
    after.pass(seconds: 61)
    after.rules.runTimers()
    #expect(after.snapshot("ann")?.text("quality") == "disabled")
    #expect(after.snapshot("ann")?.text("state") == "offline")
  }

  @Test("An agent with another client changes the launch URI of everybody whom it claims")
  func otherClient() throws {
    let agents = try AgentDirectory([
      AgentDescriptor(name: "teams", claims: [ClaimRule(scheme: .scheme(.sip))], launch: .teams)
    ])
    let after = try office().restored(profiles: [("ann", profile)]) {
      $0.agents = agents
      $0.changeCredentials = true
    }
    after.pass(seconds: 61)
    after.rules.runTimers()
    #expect(after.snapshot("ann")?.map("im").text("client") == "Microsoft Teams")
  }

  @Test("The same configuration publishes nothing after a restart")
  func sameConfiguration() throws {
    let after = try office().restored(profiles: [("ann", profile)]) { $0.changeCredentials = true }
    #expect(after.counters.outdated == 0)
    after.pass(seconds: 61)
    after.rules.runTimers()
    #expect(after.outputs.isEmpty)
  }

  @Test("Who looked outdated for want of a profile is looked at again when a second restore has brought it")
  func profileOfASecondRestore() throws {
    let after = try office().restored { $0.changeCredentials = true }
    #expect(after.counters.outdated == 1)
    let bytes = Array(try JSONSerialization.data(withJSONObject: profile))
    try after.restore(.userProfiles, offset: 0, key: "ann", bytes: bytes, headers: [:])
    after.rules.endRestore()
    after.pass(seconds: 61)
    after.rules.runTimers()
    #expect(after.outputs.isEmpty)
  }

  @Test("A transaction that is taken back leaves the snapshot outdated, and the next one publishes it")
  func rollback() throws {
    let after = try office().restored(profiles: [("ann", profile)]) { $0.services = [.profile] }
    after.pass(seconds: 61)
    after.rules.runTimers()
    #expect(after.take(.presenceSnapshots).count == 1)
    after.rules.rollback()
    after.pass(seconds: 61)
    after.rules.runTimers()
    #expect(after.values(.presenceSnapshots).first?.texts("actions") == ["viewProfile"])
  }
}
