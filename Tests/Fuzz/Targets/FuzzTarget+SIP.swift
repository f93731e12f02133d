// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import PresenceModel

extension FuzzTarget {
  /// What comes over SIP.
  static let sip = [
    FuzzTarget("sip-message") { bytes in
      guard let message = try? SIPMessageParser.parse(bytes), message.fields.count < SIPMessageParser.maximumFields - 1
      else { return }  // refused is as good as read
      promise((try? SIPMessageParser.parse(message.bytes)) != nil, "what is written can be read")
    },
    FuzzTarget("sip-stream") { bytes in
      let whole = messages(of: bytes, pieces: bytes.count + 1)
      promise(messages(of: bytes, pieces: 7) == whole, "pieces of a stream are the same messages")
    },
    FuzzTarget("sip-digest") { bytes in
      let (challenge, user) = halves(bytes)
      guard let challenge = DigestChallenge.strongest(of: [text(challenge)]) else { return }
      let answer = challenge.answer(
        user: text(user),
        password: Secret("secret-of-a-test"),
        method: "SUBSCRIBE",
        uri: "sip:jane@corp.example",
        count: 1,
        clientNonce: "0a4f113b"
      )
      promise(answer.utf8.starts(with: "Digest username=\"".utf8), "an answer is one")
      promise(!answer.contains("secret-of-a-test"), "an answer does not tell the password")
    },
    FuzzTarget("sip-body") { bytes in
      let (type, body) = halves(bytes)
      _ = try? PresenceContent.parse(contentType: text(type), body: body)  // refused is as good as read
    },
    document("pidf") { (root) throws(PresenceDocument.Problem) in try PIDFFormat.parse(root) },
    document("msrtc-pidf") { (root) throws(PresenceDocument.Problem) in try MSRTCPIDFFormat.parse(root) },
    document("msrtc-categories") { (root) throws(PresenceDocument.Problem) in
      var categories = MSRTCCategoriesFormat()
      guard case .applied(let answer) = try categories.apply(root) else { return nil }
      promise(try categories.apply(root) == .applied(answer), "the same document again changes nothing")
      return answer
    },
  ]

  private static func document(
    _ name: String,
    _ parse: @escaping @Sendable (XMLElement) throws(PresenceDocument.Problem) -> AgentAnswer?
  ) -> FuzzTarget {
    FuzzTarget(name) { bytes in
      guard let root = XMLElement.parse(bytes), let answer = try? parse(root), let message = answer.statusMessage
      else { return }
      promise(message.utf8.count <= AgentAnswer.maximumMessageBytes, "a message is not too long")
      promise(message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "a message has no controls")
    }
  }

  /// The messages of a stream that comes in pieces, up to where it breaks.
  private static func messages(of bytes: [UInt8], pieces length: Int) -> [SIPMessage] {
    var framer = SIPStreamFramer(maximumBodyBytes: 2_048)
    var messages: [SIPMessage] = []
    do {
      for start in stride(from: 0, to: bytes.count, by: length) {
        framer.append(bytes[start..<min(start + length, bytes.count)])
        while let message = try framer.next() { messages.append(message) }
      }
    } catch {
      return messages
    }
    return messages
  }
}
