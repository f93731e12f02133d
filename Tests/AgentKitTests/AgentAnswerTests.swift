// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

struct AgentAnswerTests {
  @Test(
    "A message has no white space around it and no control characters; none is nil",
    arguments: [
      ("In a meeting", "In a meeting"), ("  x  ", "x"), ("", nil), (" \n\t", nil), ("a\r\nb", "a b"),
      ("a\u{0}b", "a b"),
      ("a\u{85}b", "a b"), ("👩‍👩‍👧 away", "👩‍👩‍👧 away"),
    ] as [(String, String?)]
  )
  func message(given: String, expected: String?) {
    #expect(AgentAnswer(.busy, message: given).statusMessage == expected)
  }

  @Test("A long message is cut at a grapheme")
  func cut() throws {
    let family = "👩‍👩‍👧"
    let text = String(repeating: family, count: 200)
    let message = try #require(AgentAnswer(.busy, message: text).statusMessage)
    #expect(message.utf8.count <= 1_024)
    #expect(message.utf8.count > 1_024 - family.utf8.count)
    #expect(message.allSatisfy { String($0) == family })
    #expect(AgentAnswer(.busy, message: String(repeating: "a", count: 1_024)).statusMessage?.utf8.count == 1_024)
    #expect(AgentAnswer(.busy, message: String(repeating: "a", count: 1_025)).statusMessage?.utf8.count == 1_024)
  }

  @Test("A failure never shows its detail in what is logged")
  func blandDescription() {
    let error = AgentError(.badAnswer, "The answer is no JSON.", detail: "jane@corp.example")
    #expect("\(error)" == "badAnswer: The answer is no JSON.")
    #expect(error.debugDescription.contains("jane@corp.example"))
  }

  @Test("A network that wants to be left alone is unavailable; other failures keep their code")
  func outcomes() {
    let limited = AgentError(.rateLimited, "x", retryAfter: .seconds(3))
    #expect(AgentOutcome(limited) == .unavailable(retryAfter: .seconds(3)))
    #expect(AgentOutcome(limited).failure?.retryAfter == .seconds(3))
    let bad = AgentError(.badAnswer, "x")
    #expect(AgentOutcome(bad) == .failed(bad))
    #expect(AgentOutcome.unknown.failure == nil)
    #expect(AgentOutcome.answered(AgentAnswer(.online)).failure == nil)
  }
}
