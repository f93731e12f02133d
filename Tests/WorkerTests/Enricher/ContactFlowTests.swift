// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel
import Testing

@testable import Worker

@Suite("Contact requests through the enricher")
struct ContactFlowTests {
  @Test("auto to somebody who is busy becomes mail with its reason, one dispatch and one outcome with its trace")
  func busyBecomesMail() throws {
    let office = try Office()
    office.profile("ann", mail: "ann@corp.example", enterprise: "sip:ann@corp.example")
    office.push("ann", "busy")
    office.request("r1", to: "ann", "auto", more: ["subject": "Lunch?", "groupId": "g1"])
    let mails = office.take(.mailDispatches)
    #expect(mails.count == 1)
    let mail = try #require(mails.first?.value)
    #expect(mail.text("reason") == "recipientBusy")
    #expect(mail.map("to").text("mail") == "ann@corp.example")
    #expect(mail.text("mailto") == "mailto:ann@corp.example?subject=Lunch%3F")
    let outcomes = office.take(.contactOutcomes)
    #expect(outcomes.count == 1)
    let outcome = try #require(outcomes.first?.value)
    #expect(outcome.text("outcome") == "dispatched")
    #expect(outcome.text("channel") == "mail")
    #expect(outcome.text("dispatchId") == mail.text("dispatchId"))
    #expect(outcome.text("groupId") == "g1")
    #expect(outcome.map("presence").text("state") == "busy")
    #expect(outcome.texts("trace").contains("presence fresh: busy"))
    #expect(outcome.texts("trace").contains("claimed by lync"))
    #expect(outcomes.first?.headers["ce_requestid"] == "r1")
  }

  @Test("auto to somebody who is online becomes IM with the client's URI")
  func onlineBecomesIM() throws {
    let office = try Office()
    office.push("ann", "online")
    office.request("r1", to: "ann", "auto")
    let dispatch = try #require(office.values(.imDispatches).first)
    #expect(dispatch.text("client") == "Microsoft Communicator")
    #expect(dispatch.text("uri") == "sip:ann@corp.example")
    #expect(office.values(.contactOutcomes).first?.text("channel") == "im")
  }

  @Test("A request without fresh presence goes on as a look-up and ends once when it comes back, twice as it may")
  func lookupAndContinue() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    office.request("r1", to: "ann", "auto", expires: 20)
    #expect(office.take(.contactOutcomes).isEmpty)
    let lookup = try #require(office.values(.presenceLookups).first)
    #expect(lookup.text("reason") == "contact")
    #expect(lookup.text("deadline") == office.time(14))
    #expect(lookup.map("contact").text("id") == "r1")
    let found: [String: Any] = [
      "imAddress": "ann@chat.example", "source": "chat", "state": "online", "observedAt": office.time(),
    ]
    office.request("r1", to: "ann", "auto", expires: 20, resolution: found)
    office.request("r1", to: "ann", "auto", expires: 20, resolution: found)
    #expect(office.values(.imDispatches).map { $0.text("uri") } == ["xmpp:ann@chat.example?message"])
    #expect(office.values(.contactOutcomes).count == 1)
    #expect(office.counters.repeatedRequests == 1)
  }

  @Test("Out of time: auto becomes mail, im without fallback expires")
  func outOfTime() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    let failure: [String: Any] = [
      "imAddress": "ann@chat.example", "source": "chat", "observedAt": office.time(),
      "failure": ["code": "deadlinePassed", "message": "too late"],
    ]
    office.request("r1", to: "ann", "auto", resolution: failure)
    office.request("r2", to: "ann", "im", fallback: false, resolution: failure)
    #expect(office.values(.mailDispatches).map { $0.text("reason") } == ["presenceUnknown"])
    #expect(office.values(.contactOutcomes).map { $0.text("outcome") } == ["dispatched", "expired"])
  }

  @Test(
    "Rejections name their reason",
    arguments: [
      ("nobody", "asker", "auto", "noSuchUser"), ("ann", "ann", "auto", "selfContact"),
      ("plain", "asker", "mail", "noMailAddress"),
    ]
  )
  func rejections(recipient: String, requester: String, channel: String, reason: String) throws {
    let office = try Office()
    office.profile("ann")
    office.profile("plain", mail: nil)
    office.request("r1", to: recipient, channel, from: requester)
    let outcome = try #require(office.values(.contactOutcomes).first)
    #expect(outcome.text("outcome") == "rejected")
    #expect(outcome.text("reason") == reason)
  }

  @Test("Spaces take channels away, and the trace names the table's version")
  func spaces() throws {
    let office = try Office()
    office.profile("ann", enterprise: "sip:ann@corp.example")
    office.push("ann", "online")
    office.rules.spaces = SpaceTable(
      version: 12,
      spaces: [
        "mailonly": SpaceTable.Space(impEnabled: true, services: [.mail]),
        "off": SpaceTable.Space(impEnabled: false, services: [.mail, .im]),
      ]
    )
    office.request("r1", to: "ann", "auto", more: ["space": "mailonly"])
    office.request("r2", to: "ann", "im", fallback: false, more: ["space": "off"])
    office.request("r3", to: "ann", "auto", more: ["space": "unheard of"])
    let outcomes = office.values(.contactOutcomes)
    #expect(outcomes.map { $0.text("channel") } == ["mail", nil, "im"])
    #expect(outcomes[1].text("reason") == "impDisabled")
    #expect(outcomes[0].texts("trace").first == "spaces version 12")
    #expect(outcomes[2].texts("trace").first == "spaces version 12, space unknown")
  }

  @Test("The rate limit refuses a requester who sends too many")
  func rateLimit() throws {
    let office = try Office { $0.contact.rate = RequestRateLimiter.Limits(perMinute: 60, burst: 3) }
    office.profile("ann")
    for index in 0..<5 { office.request("r\(index)", to: "ann", "mail") }
    let reasons = office.values(.contactOutcomes).map { $0.text("reason") }
    #expect(reasons == [nil, nil, nil, "tooManyRequests", "tooManyRequests"])
  }

  @Test("The same request within a day has no second outcome; after a day it is a new one")
  func duplicates() throws {
    let office = try Office()
    office.profile("ann")
    office.request("r1", to: "ann", "mail")
    office.pass(seconds: 3_600)
    office.request("r1", to: "ann", "mail")
    #expect(office.values(.contactOutcomes).count == 1)
    office.rules.commit()
    office.pass(seconds: 86_400)
    office.rules.commit()
    office.request("r1", to: "ann", "mail")
    #expect(office.values(.contactOutcomes).count == 1)
  }

  @Test("dispatchId is the same whichever copy of a request leads to the dispatch")
  func stableDispatchID() throws {
    let ids = try (0..<2).map { extra in
      let office = try Office()
      office.profile("ann")
      for index in 0..<extra { office.request("other\(index)", to: "ann", "mail") }
      office.request("r1", to: "ann", "mail")
      return office.values(.mailDispatches).last?.text("dispatchId")
    }
    #expect(ids[0] != nil)
    #expect(ids[0] == ids[1])
  }
}
