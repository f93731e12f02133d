// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import PresenceModel

extension FuzzTarget {
  private static let now = Timestamp(milliseconds: 1_800_000_000_000)

  /// What networks answer.
  static let networks = [
    parser("ejabberd-sessions") { (body) throws(AgentError) in try EjabberdFormat.parseSessions(body) },
    parser("ejabberd-presence") { (body) throws(AgentError) in try EjabberdFormat.parsePresence(body) },
    parser("webpresence") { (body) throws(AgentError) in
      try WebPresenceFormat.parse(body, user: "jane", server: "corp.example")
    },
    parser("xmpp-stanza") { (body) throws(AgentError) in try XMPPStanza.parsePresence(body) },
    parser("ucwa") { (body) throws(AgentError) in
      _ = UCWAFormat.parseNote(body)
      _ = UCWAFormat.parseApplication(body)
      _ = UCWAFormat.isApplicationGone(body)
      return try UCWAFormat.parsePresence(body)
    },
    parser("graph") { (body) throws(AgentError) in
      let answers = try GraphFormat.parsePresences(body, at: now)
      return answers.values.first { $0.state == .online } ?? answers.values.first
    },
    parser("graph-batch") { (body) throws(AgentError) in
      _ = try GraphFormat.parseBatch(body)
      return nil
    },
    parser("matrix") { (body) throws(AgentError) in try MatrixFormat.parse(body, inactiveAfter: .seconds(300)) },
    parser("slack") { (body) throws(AgentError) in
      _ = try SlackFormat.parseDoNotDisturb(body, at: now, includesSchedule: true)
      return try SlackFormat.parsePresence(body)
    },
    parser("slack-profile") { (body) throws(AgentError) in
      try SlackFormat.parseStatus(body, at: now).map { AgentAnswer(.away, message: $0) }
    },
    parser("slack-user") { (body) throws(AgentError) in
      if let id = try SlackFormat.parseUser(body) { promise(SlackFormat.isUserID(id), "an id is one") }
      return nil
    },
    parser("yahoo") { (body) throws(AgentError) in YahooFormat.parse(body, id: "jane").map { AgentAnswer($0) } },
    parser("icq") { (body) throws(AgentError) in
      ICQFormat.parse(body, fingerprints: ICQFormat.fingerprints).map { AgentAnswer($0) }
    },
    FuzzTarget("xmpp-stream") { bytes in
      var framer = XMPPStreamFramer(maximumBytes: 1_024)
      let frames = framer.receive(bytes)
      promise(framer.heldBytes <= 1_024, "a stanza that does not end is held in bounds")
      var slow = XMPPStreamFramer(maximumBytes: 1_024)
      promise(bytes.flatMap { slow.receive([$0]) } == frames, "pieces are cut like the whole")
      var stream = XMPPComponentStream(component: "a.example", secret: Secret("s"), maximumStanzaBytes: 1_024)
      var hasEnded = false
      for event in stream.receive(bytes) {
        promise(!hasEnded, "nothing follows the end")
        switch event {
        case .send(let text): promise(text.hasPrefix("<handshake>"), "nothing is sent but the handshake")
        case .ended: hasEnded = true
        case .ready, .refused: break
        case .stanza(let stanza):
          guard let presence = try? XMPPPresence(stanza) else { break }  // refused
          promise((-128...127).contains(presence.priority), "a priority is in its range")
          promise(presence.from.bare == presence.from.bare.lowercased(), "an address is in lower case")
          _ = presence.message(in: ["de"])
        }
      }
    },
    FuzzTarget("oauth") { body in
      guard let token = OAuthFormat.parseToken(body) else { return }
      promise(token.validFor > .zero, "a token holds for some time")
      promise(token.value.reveal().utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a token adds no header field")
    },
  ]

  /// A target that promises what every parser of answers does: it answers, says nothing, or refuses the answer as bad;
  /// a message has no control character and is not too long.
  private static func parser(
    _ name: String,
    _ parse: @escaping @Sendable ([UInt8]) throws(AgentError) -> AgentAnswer?
  ) -> FuzzTarget {
    FuzzTarget(name) { body in
      do throws(AgentError) {
        guard let message = try parse(body)?.statusMessage else { return }
        promise(message.utf8.count <= AgentAnswer.maximumMessageBytes, "a message is not too long")
        promise(message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "a message has no controls")
      } catch {
        let codes: [AgentError.Code] = [.badAnswer, .rateLimited, .unauthorized, .unavailable]
        promise(codes.contains(error.code), "a refusal is of a kind that is known")
      }
    }
  }
}
