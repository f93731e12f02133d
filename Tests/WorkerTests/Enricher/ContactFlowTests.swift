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
    #expect(office.counters.events[.returnedRequest, .repeated] == 1)
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

  @Test("The same request five times in a second, and again after an hour and a crash, is one dispatch")
  func fiveTimesInASecond() throws {
    let office = try Office()
    office.profile("ann", enterprise: "sip:ann@corp.example")
    office.push("ann", "online")
    for _ in 0..<5 {
      office.request("r1", to: "ann", "auto")
      office.pass(seconds: 0.2)
    }
    #expect(office.take(.imDispatches).count == 1)
    #expect(office.outputs.filter { $0.topic == .contactOutcomes }.count == 1)
    #expect(office.counters.events[.repeated] == 4)
    let other = try office.restored()
    other.profile("ann", enterprise: "sip:ann@corp.example")
    other.pass(seconds: 3_600)
    other.request("r1", to: "ann", "auto")
    #expect(other.take(.imDispatches).isEmpty)
    #expect(other.take(.mailDispatches).isEmpty)
    #expect(other.take(.contactOutcomes).isEmpty)
  }

  @Test("Five copies of a request that waits for a look-up end once")
  func copiesThatWait() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    for _ in 0..<5 { office.request("r1", to: "ann", "auto") }
    let found: [String: Any] = [
      "imAddress": "ann@chat.example", "source": "chat", "state": "online", "observedAt": office.time(),
    ]
    for _ in 0..<5 { office.request("r1", to: "ann", "auto", resolution: found) }
    #expect(office.take(.imDispatches).count == 1)
    #expect(office.take(.contactOutcomes).count == 1)
  }

  @Test("A request that expires while it waits ends once, even if the answer comes after that")
  func expiresWhileWaiting() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    let asked = office.time()
    office.request("r1", to: "ann", "im", fallback: false, expires: 5)
    #expect(office.take(.presenceLookups).count == 1)
    office.pass(seconds: 5)
    let found: [String: Any] = [
      "imAddress": "ann@chat.example", "source": "chat", "state": "online", "observedAt": office.time(),
    ]
    for _ in 0..<2 {
      office.request(
        "r1",
        to: "ann",
        "im",
        fallback: false,
        expires: 5,
        resolution: found,
        more: ["requestedAt": asked]
      )
    }
    #expect(office.values(.contactOutcomes).map { $0.text("outcome") } == ["expired"])
    #expect(office.take(.imDispatches).isEmpty)
  }

  @Test("What an agent observed in the future has no negative age in the outcome")
  func negativeAge() throws {
    let office = try Office()
    office.profile("ann", network: "ann@chat.example")
    let found: [String: Any] = [
      "imAddress": "ann@chat.example", "source": "chat", "state": "online", "observedAt": office.time(3_600),
    ]
    office.request("r1", to: "ann", "auto", at: 7_200, resolution: found)
    office.profile("bob", enterprise: "sip:bob@corp.example")
    office.push("bob", "online", at: 60)
    office.request("r2", to: "bob", "auto", at: 60)
    let outcomes = office.values(.contactOutcomes)
    #expect(outcomes.map { $0.text("channel") } == ["im", "im"])
    for outcome in outcomes { #expect(outcome.map("presence").text("observedAt") == outcome.text("decidedAt")) }
  }

  @Test(
    "An address that would be two recipients is none, in the portal and in a local client",
    arguments: ["portal", "local"],
    ["a@b.example,c@d.example", "\"a b\"@x.example", "a@b.example?cc=c", "=?utf-8?q?a?=@b.example", "a@[192.0.2.1]"]
  )
  func addressOfTwo(client: String, address: String) throws {
    let office = try Office()
    office.profile("ann")
    let requester: [String: Any] = ["user": "asker", "mail": address, "mailClient": client]
    office.request("r1", to: "ann", "mail", more: ["requester": requester])
    #expect(office.take(.mailDispatches).isEmpty)
    // Either it is no address at all, or none that mail could be from.
    let reasons = office.values(.contactOutcomes).map { $0.text("reason") }
    let letters = office.take(.deadLetters)
    #expect(reasons == ["noSenderAddress"] || reasons.isEmpty && letters.count == 1)
    if let letter = letters.first {
      #expect(letter.headers["dlq.error.message"]?.hasPrefix("requester.mail") == true)
    }
  }

  @Test("A local client needs no address of the sender; the portal's does")
  func localClient() throws {
    let office = try Office()
    office.profile("ann", mail: "ann@corp.example")
    office.request("r1", to: "ann", "mail", more: ["requester": ["user": "asker", "mailClient": "local"]])
    office.request("r2", to: "ann", "mail", more: ["requester": ["user": "asker"]])
    let mail = try #require(office.values(.mailDispatches).first)
    #expect(mail.map("from").text("mailClient") == "local")
    #expect(mail.text("mailto") == "mailto:ann@corp.example")
    #expect(office.values(.contactOutcomes).map { $0.text("reason") } == [nil, "noSenderAddress"])
  }

  @Test("mailto is at most 2,000 bytes: without the body beyond that, and the dispatch has the body all the same")
  func longMailto() throws {
    let office = try Office()
    office.profile("ann", mail: "ann@corp.example")
    let body = String(repeating: "ä", count: 326)  // 6 bytes each
    office.request("r1", to: "ann", "mail", more: ["subject": "s", "body": body])
    office.request("r2", to: "ann", "mail", more: ["subject": "s", "body": body + "ä"])
    office.request("r3", to: "ann", "mail", more: ["subject": String(repeating: "💼", count: 255), "body": "b"])
    let mails = office.values(.mailDispatches)
    let sizes = mails.map { $0.text("mailto")?.utf8.count ?? 0 }
    #expect(sizes[0] <= 2_000 && sizes[0] > 1_900)
    #expect(mails[1].text("mailto") == "mailto:ann@corp.example?subject=s")
    #expect(mails[1].text("body") == body + "ä")
    #expect(mails[2].text("mailto") == "mailto:ann@corp.example")
    #expect(mails[2].text("subject")?.unicodeScalars.count == 255)
    #expect(try office.schemaProblems() == [])
  }

  @Test("Controls are refused with the field named, and never reach a dispatch")
  func injection() throws {
    let office = try Office()
    office.profile("ann")
    let hostile: [(String, [String: Any])] = [
      ("subject", ["subject": "Hi\r\nBcc: everybody@corp.example"]),
      ("requester.displayName", ["requester": ["user": "u", "displayName": "U\nFrom: boss", "mail": "u@x.example"]]),
      ("requester.mail", ["requester": ["user": "u", "mail": "u@x.example\r\nTo: all"]]),
      ("context.title", ["context": ["service": "documents", "title": "a\u{85}b"]]),
      ("context.url", ["context": ["service": "documents", "title": "a", "url": "https://x/\u{0}"]]),
      ("groupId", ["groupId": "g\t1"]),
    ]
    for (index, (field, change)) in hostile.enumerated() {
      office.request("r\(index)", to: "ann", "mail", more: change)
      let letter = try #require(office.take(.deadLetters).first)
      #expect(letter.headers["dlq.error.message"]?.hasPrefix(field + " ") == true)
    }
    #expect(office.take(.mailDispatches).isEmpty)
    #expect(office.take(.contactOutcomes).isEmpty)
  }

  @Test("The requests of one action share a group, which their outcomes carry, dispatched, rejected or expired")
  func bulk() throws {
    let office = try Office()
    office.profile("ann")
    for (index, user) in ["ann", "nobody"].enumerated() {
      office.request("r\(index)", to: user, "mail", more: ["groupId": "action-7"])
    }
    office.request("r2", to: "ann", "mail", expires: 1, at: -10, more: ["groupId": "action-7"])
    let outcomes = office.values(.contactOutcomes)
    #expect(outcomes.map { $0.text("outcome") } == ["dispatched", "rejected", "expired"])
    #expect(outcomes.allSatisfy { $0.text("groupId") == "action-7" })
  }

  @Test("A dispatch carries where the request came from and that the portal must ask for credentials")
  func credentialsAndContext() throws {
    let office = try Office()
    office.profile("ann", name: "Ann\u{202E} Ångström, \"Chief\"")
    office.request(
      "r1",
      to: "ann",
      "mail",
      more: [
        "requester": ["user": "asker", "mail": "asker@corp.example", "mailCredentials": "required"],
        "context": ["service": "discussions", "title": "Größe", "url": "https://portal.example/d/1?a=b&c=d"],
      ]
    )
    let mail = try #require(office.values(.mailDispatches).first)
    #expect(mail.text("credentials") == "required")
    #expect(mail.map("to").text("displayName") == "Ann Ångström, \"Chief\"")
    #expect(mail.map("context").text("title") == "Größe")
    #expect(mail.map("context").text("url") == "https://portal.example/d/1?a=b&c=d")
  }
}
