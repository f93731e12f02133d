// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

struct IMLaunchTests {
  @Test(
    "Every network's URI is written with all components encoded",
    arguments: [
      (IMLaunch.communicator, "sip:jane@corp.example", "sip:jane@corp.example"),
      (.communicator, "jane@corp.example", "sip:jane@corp.example"),
      (.communicator, "sip:j+1;x?y#z@corp.example", "sip:j%2B1%3Bx%3Fy%23z@corp.example"),
      (.communicator, "a@b@corp.example", "sip:a%40b@corp.example"),
      (.xmpp, "xmpp:jürgen@corp.example", "xmpp:j%C3%BCrgen@corp.example?message"),
      (.xmpp, "jane?body=x@corp.example", "xmpp:jane%3Fbody%3Dx@corp.example?message"),
      (.yahoo, "ymsgr:jane", "ymsgr:sendIM?jane"), (.yahoo, "jane&m=1", "ymsgr:sendIM?jane%26m%3D1"),
      (.icq, "icq:12345", "https://wwp.icq.com/scripts/contact.dll?msgto=12345"),
      (.teams, "sip:jane@corp.example", "https://teams.microsoft.com/l/chat/0/0?users=jane@corp.example"),
      (.teams, "jane&topicName=x@corp", "https://teams.microsoft.com/l/chat/0/0?users=jane%26topicName%3Dx@corp"),
      (.matrix, "@jane:corp.example", "https://matrix.to/#/%40jane%3Acorp.example"),
      (.matrix, "jane/x@corp.example", "https://matrix.to/#/%40jane%2Fx%3Acorp.example"),
      (.matrix, "sip:jane@corp.example", "https://matrix.to/#/%40jane%3Acorp.example"),
    ]
  )
  func uri(launch: IMLaunch, text: String, expected: String) throws {
    #expect(launch.uri(for: try address(text)) == expected)
    #expect(launchText(launch, text) == expected)
  }

  @Test("Bytes that no address may have cannot leave as they are either")
  func hostileBytes() {
    let uri = launchText(.communicator, "sip:a\r\nHeader: x@corp.example")
    #expect(uri == "sip:sip%3Aa%0D%0AHeader%3A%20x@corp.example")  // unchecked text has no scheme
  }

  @Test("Every byte but the unreserved ones is encoded")
  func everyByte() {
    for byte in UInt8.min...UInt8.max {
      var written: [UInt8] = []
      withUnsafeBytes(of: byte) { bytes in
        PercentEncoding.write(ByteView(bytes)) { written.append(contentsOf: $0) }
      }
      let isUnreserved =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8.contains(byte)
      #expect(written.count == (isUnreserved ? 1 : 3))
      #expect(written.first == (isUnreserved ? byte : UInt8(ascii: "%")))
    }
  }

  @Test("The whole address is one component of the part that asks for it")
  func wholePart() throws {
    let launch = try IMLaunch(client: "Web", prefix: "https://im.example/chat?with=", part: .whole, suffix: "&x=1")
    #expect(launch.uri(for: try address("sip:jane@corp")) == "https://im.example/chat?with=sip%3Ajane@corp&x=1")
    #expect(launch.uri(for: try address("jane@corp")) == "https://im.example/chat?with=jane@corp&x=1")
    let local = try IMLaunch(client: "Web", prefix: "im:", part: .local)
    #expect(local.uri(for: try address("sip:jane@corp")) == "im:jane")
    let nothing = try IMLaunch(client: "Web", prefix: "https://im.example/", part: .nothing, suffix: "?x")
    #expect(nothing.uri(for: try address("sip:jane@corp")) == "https://im.example/?x")
  }

  @Test(
    "What could launch anything else is refused",
    arguments: [
      ("", "sip:", "", IMLaunch.Problem.clientName), ("a\nb", "sip:", "", .clientName),
      ("a", "javascript:", "", .scheme), ("a", "http://x/", "", .scheme), ("a", "file:///", "", .scheme),
      ("a", "", "", .scheme), ("a", "sip", "", .scheme), ("a", "SIP:", "", .scheme),
      ("a", "https://", "", .host), ("a", "https://host", "", .host), ("a", "https:///", "", .host),
      ("a", "https:host/", "", .host), ("a", "https://u@host/", "", .host), ("a", "https://host?x=/", "", .host),
      ("a", "sip:\r\n", "", .forbiddenCharacter), ("a", "sip:", " x", .forbiddenCharacter),
      ("a", "sip:", "ä", .forbiddenCharacter), ("a", "sip:\"", "", .forbiddenCharacter),
    ]
  )
  func refused(client: String, prefix: String, suffix: String, problem: IMLaunch.Problem) {
    #expect(throws: problem) { try IMLaunch(client: client, prefix: prefix, suffix: suffix) }
  }
}
