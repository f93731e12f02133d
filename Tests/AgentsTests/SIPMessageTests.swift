// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Agents

@Suite struct SIPMessageTests {
  private static let head = """
    NOTIFY sip:portal@192.0.2.1:5060 SIP/2.0\r
    v: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bK1\r
    f: "Jane, <quoted> \\"x\\"" <sip:jane@corp.example>;tag=a1\r
    t: <sip:portal@corp.example>;tag=b2\r
    i: call-1\r
    CSEQ: 7 NOTIFY\r
    o: presence\r
    Subscription-State: active;\r
     expires=599\r

    """

  private func parse(_ text: String) throws(SIPMessageParser.Problem) -> SIPMessage {
    try SIPMessageParser.parse(Array(text.utf8))
  }

  @Test("Compact, folded and oddly written fields are read")
  func fields() throws {
    let message = try parse(Self.head + "l: 4\r\n\r\nbody and more")
    #expect(message.kind == .request(method: "NOTIFY", uri: "sip:portal@192.0.2.1:5060"))
    #expect(message.body == Array("body".utf8))
    let from = try #require(message["From"].flatMap(SIPNameAddress.init))
    #expect(from.uri == "sip:jane@corp.example")
    #expect(from.tag == "a1")
    let state = try #require(message["Subscription-State"].map(SIPParameters.init))
    #expect(state.value == "active")
    #expect(state["expires"] == "599")
    #expect(message["CSeq"].flatMap(SIPSequence.init)?.number == 7)
  }

  @Test("What is written is read again, and no value adds a field")
  func roundTrip() throws {
    var message = try parse(Self.head + "\r\n")
    message.add("Subject", "x\r\nEvil: 1")
    let again = try SIPMessageParser.parse(message.bytes)
    #expect(again["evil"] == nil)
    #expect(again.all("Call-ID") == ["call-1"])
  }

  @Test("Bytes that are no message are refused, whatever they are")
  func refused() {
    let needed =
      "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
    let start = "OPTIONS sip:x SIP/2.0\r\n"
    let cases: [(String, SIPMessageParser.Problem)] = [
      ("", .startLine),
      ("GET / HTTP/1.1\r\n\(needed)\r\n", .startLine),
      ("SIP/2.0 99 Low\r\n\(needed)\r\n", .startLine),
      ("SIP/2.0 2000 High\r\n\(needed)\r\n", .startLine),
      (start + needed, .startLine),  // no empty line
      (start + "no colon\r\n" + needed + "\r\n", .field),
      (start + "Bad Name: 1\r\n" + needed + "\r\n", .field),
      (start + needed + "X: a\u{0}b\r\n\r\n", .field),
      (start + needed + "Content-Length: 5\r\n\r\nbody", .contentLength),
      (start + needed + "Content-Length: -1\r\n\r\n", .contentLength),
      (start + needed + "Content-Length: 99999999999999999999\r\n\r\n", .contentLength),
      (start + needed + "l: 0\r\nContent-Length: 0\r\n\r\n", .repeatedField("Content-Length")),
      (start + needed + "i: 2\r\n\r\n", .repeatedField("Call-ID")),
      (start + "From: <sip:a@b>\r\n\r\n", .missingField("To")),
      (start + needed + String(repeating: "X: 1\r\n", count: 300) + "\r\n", .tooManyFields),
    ]
    for (text, problem) in cases {
      #expect(throws: problem, "\(text.prefix(60))") { try SIPMessageParser.parse(Array(text.utf8)) }
    }
    #expect(throws: SIPMessageParser.Problem.encoding) {
      try SIPMessageParser.parse(Array("OPTIONS sip:x SIP/2.0\r\nX: ".utf8) + [0xFF] + Array("\r\n\r\n".utf8))
    }
  }

  @Test("A stream that comes byte by byte is cut into the same messages")
  func framing() throws {
    let bytes = Array(("\r\n\r\n" + Self.head + "l: 4\r\n\r\nbody" + Self.head + "l: 0\r\n\r\n").utf8)
    var framer = SIPStreamFramer(maximumBodyBytes: 1_024)
    var messages: [SIPMessage] = []
    for byte in bytes {
      framer.append([byte])
      while let message = try framer.next() { messages.append(message) }
    }
    #expect(messages.map(\.body) == [Array("body".utf8), []])
  }

  @Test("Heads and bodies that never end, and bodies of no length, end the connection")
  func endless() throws {
    var framer = SIPStreamFramer(maximumBodyBytes: 1_024)
    framer.append(Array((Self.head + "l: 1025\r\n\r\n").utf8))
    #expect(throws: SIPStreamFramer.Problem.bodyTooLarge) { try framer.next() }

    framer = SIPStreamFramer(maximumBodyBytes: 1_024)
    framer.append(Array((Self.head + "\r\n").utf8))
    #expect(throws: SIPStreamFramer.Problem.malformed(.missingField("Content-Length"))) { try framer.next() }

    framer = SIPStreamFramer(maximumBodyBytes: 1_024)
    let line = Array("X: endless\r\n".utf8)
    let error = #expect(throws: SIPStreamFramer.Problem.self) {
      for _ in 0..<10_000 {
        framer.append(line)
        let message = try framer.next()
        #expect(message == nil)
      }
    }
    #expect(error == .headTooLarge)
  }

  @Test("Digest: the examples of RFC 7616, section 3.9.1")
  func digest() throws {
    for (algorithm, response) in [
      ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
      ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
      let text = """
        Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=\(algorithm), \
        nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
        """
      let challenge = try #require(DigestChallenge(text))
      let answer = challenge.answer(
        user: "Mufasa",
        password: Secret("Circle of Life"),
        method: "GET",
        uri: "/dir/index.html",
        count: 1,
        clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
      )
      #expect(answer.contains("response=\"\(response)\""))
    }
  }

  @Test("Of several challenges the strongest that is known is answered")
  func challenges() {
    let md5 = "Digest realm=\"a\", nonce=\"1\""
    let sha = "Digest realm=\"a\", nonce=\"1\", algorithm=SHA-256, qop=\"auth\""
    #expect(DigestChallenge.strongest(of: ["NTLM realm=\"a\"", md5, sha])?.algorithm == .sha256)
    #expect(
      DigestChallenge.strongest(of: ["NTLM realm=\"a\"", "Digest realm=\"a\", nonce=\"1\", qop=\"auth-int\""]) == nil
    )
  }

  @Test("A quotation mark with an accent ends no quoted string in an answer")
  func accents() throws {
    let challenge = try #require(DigestChallenge("Digest realm=\"a\\\"\u{301}, qop=none\", nonce=\"1\""))
    #expect(challenge.realm.unicodeScalars.contains("\""))
    let answer = challenge.answer(
      user: "\"\u{301}",
      password: Secret("secret"),
      method: "SUBSCRIBE",
      uri: "sip:jane@corp.example",
      count: 1,
      clientNonce: "c"
    )
    let again = try #require(DigestChallenge(answer))
    #expect(again.realm == challenge.realm)
    #expect(again.nonce == "1")
  }
}
