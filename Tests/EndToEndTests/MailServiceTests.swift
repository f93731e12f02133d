// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Requests through Kafka, the worker and the example mail service to a real mail server, and the mails that come out.
@Suite(
  .enabled(if: Stage.missing == nil, Comment(rawValue: Stage.missing ?? "")),
  .enabled(if: MailServer.missing == nil, Comment(rawValue: MailServer.missing ?? "")),
  .serialized,
  .timeLimit(.minutes(20)),
  .worker
)
struct MailServiceTests {
  /// A mail server, the example mail service, and the service's memory.
  private final class Post {
    let server: MailServer
    private(set) var service: ExampleService
    private let folder: URL
    private let arguments: [String]

    init(_ stage: Stage, group: String) async throws {
      server = try await MailServer()
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("mail-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      arguments = [
        "--bootstrap", stage.bootstrapServers, "--group", group, "--smtp", "127.0.0.1:\(server.port)",
        "--database", folder.appendingPathComponent("memory.db").path,
      ]
      service = try ExampleService("mail_service.py", arguments)
    }

    /// Ends the service as a crash would, and starts another one of the same group, with the same memory.
    func restartService() async throws {
      try await service.kill()
      service = try ExampleService("mail_service.py", arguments)
    }

    func close() async throws {
      try await service.kill()
      try await server.stop()
      try FileManager.default.removeItem(at: folder)
    }
  }

  private func withPost(group: String, _ body: (Post, Stage) async throws -> Void) async throws {
    let stage = try Stage.current
    let post = try await Post(stage, group: group)
    do {
      try await body(post, stage)
    } catch {
      try await post.close()
      throw error
    }
    try await post.close()
  }

  private static func json(_ fields: [String: Any]) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: fields, options: [.sortedKeys]), as: UTF8.self)
  }

  private func profile(_ user: String, name: String, mail: String, _ stage: Stage) async throws {
    let profile = try Self.json(["user": user, "displayName": name, "mail": mail])
    try await stage.kafka.send("user.profiles", user: user, profile)
    // Profiles and requests are two topics: a request that overtakes the profile would find no such user.
    _ = try await stage.kafka.first(of: "presence.snapshots", user: user)
  }

  private func request(_ id: String, to user: String, _ stage: Stage, _ fields: [String: Any]) async throws {
    var request: [String: Any] = [
      "id": id, "recipient": user, "channel": "mail", "requestedAt": Moment.now(),
      "requester": ["user": "joe", "displayName": "Joe", "mail": "joe@corp.example"],
    ]
    request.merge(fields) { _, new in new }
    try await stage.kafka.send("contact.requests", user: user, try Self.json(request))
  }

  private func dispatch(of id: String, _ stage: Stage) async throws -> KafkaClient.Record {
    try await stage.kafka.first(of: "mail.dispatches") { $0.text("requestId") == id }
  }

  @Test("A request becomes one mail to the right person, with names, subject and text as they were written")
  func unicode() async throws {
    try await withPost(group: "unicode") { post, stage in
      try await profile("zoe", name: #"Ångström, Zoë "Chief" (午後)"#, mail: "zoe.a+b@corp.example", stage)
      let subject = String(repeating: "Größe und 大きさ 💼 ", count: 15)
      let body = "Hello,\n.\nFrom me\n" + String(repeating: "ä", count: 2_000) + "\n午後\n"
      try await request(
        "m1",
        to: "zoe",
        stage,
        [
          "subject": subject, "body": body,
          "requester": ["user": "joe", "displayName": "Müller, Jörg", "mail": "joe@corp.example"],
          "context": ["service": "discussions", "title": "Größe?", "url": "https://portal.example/d/1?a=b&c=d"],
        ]
      )
      let mail = try await post.server.mail(to: "zoe.a+b@corp.example")
      let dispatch = try await dispatch(of: "m1", stage)
      #expect(mail.to == [[#"Ångström, Zoë "Chief" (午後)"#, "zoe.a+b@corp.example"]])
      #expect(mail.from == ["Müller, Jörg", "joe@corp.example"])
      #expect(mail.envelopeFrom == "joe@corp.example")
      #expect(mail.subject == subject)
      let origin = "\n\n-- \ndiscussions: Größe?\nhttps://portal.example/d/1?a=b&c=d\n"
      let isWhole = mail.body == body + origin
      #expect(isWhole, "the text has \(mail.body.count) characters")
      #expect(mail.messageId == "<\(dispatch.text("dispatchId") ?? "")@presence.portal.example>")
      #expect(!mail.headers.contains("Bcc") && !mail.headers.contains("Cc"))
    }
  }

  @Test("An address beyond ASCII is delivered to by SMTPUTF8")
  func internationalAddress() async throws {
    try await withPost(group: "international") { post, stage in
      try await profile("gro", name: "Grå", mail: "grå@bücher.example", stage)
      try await request("m2", to: "gro", stage, ["subject": "日本"])
      let mail = try await post.server.mail(to: "grå@bücher.example")
      #expect(mail.to == [["Grå", "grå@bücher.example"]])
      #expect(mail.subject == "日本")
    }
  }

  @Test("No attempt to inject a header or a recipient reaches the mail server; the mail behind them does, untouched")
  func injection() async throws {
    let attempts: [(field: String, change: [String: Any])] = [
      ("subject", ["subject": "Hi\r\nBcc: eve@evil.example"]), ("subject", ["subject": "Hi\nBcc: eve@evil.example"]),
      ("subject", ["subject": "Hi\u{2028}Bcc: eve@evil.example"]), ("subject", ["subject": "Hi\u{85}Bcc: e@e.example"]),
      ("requester.displayName", ["requester": ["user": "j", "displayName": "J\r\nTo: e@e.example", "mail": "j@x"]]),
      ("requester.mail", ["requester": ["user": "j", "mail": "j@x>\r\nRCPT TO:<eve@evil.example"]]),
      ("requester.mail", ["requester": ["user": "j", "mail": "j@x <eve@evil.example>"]]),
      ("context.url", ["context": ["service": "documents", "title": "t", "url": "javascript:alert(1)"]]),
      ("context.title", ["context": ["service": "documents", "title": "t\r\n\r\nbody"]]),
      ("requestedAt", ["requestedAt": "9999-12-31T23:59:59Z"]),
    ]
    try await withPost(group: "injection") { post, stage in
      try await profile("ira", name: "Ira\u{202E}lacisyhP", mail: "ira@corp.example", stage)
      for (index, attempt) in attempts.enumerated() {
        try await request("evil\(index)", to: "ira", stage, attempt.change)
      }
      // Well-formed, but two recipients to a careless mail library: no mail can be from such an address.
      let twofold = ["user": "j", "mail": "j@x.example,eve@evil.example"]
      try await request("evil-a", to: "ira", stage, ["requester": twofold])
      let header = "Bcc: eve@evil.example"
      try await request("m3", to: "ira", stage, ["subject": header, "body": "\r\n" + header])
      let mail = try await post.server.mail(to: "ira@corp.example")
      #expect(mail.subject == header)
      #expect(mail.to == [["IralacisyhP", "ira@corp.example"]])
      #expect(!mail.headers.contains("Bcc"))
      let letters = try await stage.kafka.all(of: "presence.dead-letters") { $0.user == "ira" }
      #expect(letters.count == attempts.count)
      for (letter, attempt) in zip(letters, attempts) {
        #expect(letter.header("dlq.error.message")?.hasPrefix(attempt.field + " ") == true)
      }
      let outcomes = try await stage.kafka.all(of: "contact.outcomes") { $0.user == "ira" }
      #expect(outcomes.map { $0.text("reason") } == ["noSenderAddress", nil])
    }
  }

  @Test("Credentials that are required, a local client, a repeat and a crash: each mail is sent once or not at all")
  func onceOrNotAtAll() async throws {
    try await withPost(group: "once") { post, stage in
      try await profile("oda", name: "Oda", mail: "oda@corp.example", stage)
      let sender = ["user": "joe", "mail": "joe@corp.example"]
      let requests: [(id: String, requester: [String: String], end: String)] = [
        ("o1", sender.merging(["mailCredentials": "required"]) { $1 }, "login"),
        ("o2", ["user": "joe", "mailClient": "local"], "local"), ("o3", sender, "sent"),
      ]
      for each in requests {
        try await request(each.id, to: "oda", stage, ["requester": each.requester, "subject": each.id])
        let dispatch = try await dispatch(of: each.id, stage)
        try await post.service.wait(for: "\(each.end) \(dispatch.text("dispatchId") ?? "")")
      }
      // A copy of the dispatch, as a worker without transactions leaves one behind.
      let sent = try await dispatch(of: "o3", stage)
      let id = sent.text("dispatchId") ?? ""
      try await stage.kafka.produce("mail.dispatches", key: sent.key, value: sent.value, headers: sent.headers)
      try await post.service.wait(for: "repeat \(id)")
      try await post.restartService()
      try await stage.kafka.produce("mail.dispatches", key: sent.key, value: sent.value, headers: sent.headers)
      try await post.service.wait(for: "repeat \(id)")
      try await request("o4", to: "oda", stage, ["subject": "o4"])
      var subjects: [String] = []
      while subjects.last != "o4" { subjects.append(try await post.server.mail(to: "oda@corp.example").subject) }
      #expect(subjects == ["o3", "o4"])
      let local = try await dispatch(of: "o2", stage)
      #expect(local.text("mailto") == "mailto:oda@corp.example?subject=o2")
    }
  }
}
