// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Agents

struct URLTemplateTests {
  @Test(
    "Places are filled with encoded parts",
    arguments: [
      ("http://h/{local}", "sip:jane@corp.example", "http://h/jane"),
      ("http://h/{address}", "sip:jane@corp.example", "http://h/sip%3Ajane%40corp.example"),
      ("http://h/{body}?d={domain}", "sip:jane@Corp.example", "http://h/jane%40Corp.example?d=corp.example"),
      ("http://h/{local}/x", "a/b?c#d&e=f@corp", "http://h/a%2Fb%3Fc%23d%26e%3Df/x"),
      ("http://h/{local}", "jürgen@corp", "http://h/j%C3%BCrgen"),
      ("http://h/{local}", "..%2f..@corp", "http://h/..%252f.."),
      ("http://h/u.{local}", ".@corp", "http://h/u.."),
      ("http://h/?u={local}", "..@corp", "http://h/?u=.."),
      ("https://[::1]:8443/{local}", "jane", "https://[::1]:8443/jane"),
    ]
  )
  func fill(template: String, text: String, expected: String) throws {
    #expect(try URLTemplate(template).url(for: IMAddress(text)) == expected)
  }

  @Test(
    "An address that would change the path, or lacks a part, is not asked for",
    arguments: [
      ("http://h/{local}/x", "..@corp"), ("http://h/{local}", ".@corp"), ("http://h/.{local}", ".@corp"),
      ("http://h/{local}", ".."), ("http://h/{domain}", "jane"),
    ]
  )
  func unusable(template: String, text: String) throws {
    let template = try URLTemplate(template)
    let address = try IMAddress(text)
    let error = #expect(throws: AgentError.self) { try template.url(for: address) }
    #expect(error?.code == .unusableAddress)
  }

  @Test(
    "What is no template is refused",
    arguments: [
      ("", .notAnHTTPURL), ("h/{local}", .notAnHTTPURL), ("ftp://h/", .notAnHTTPURL), ("http:///x", .notAnHTTPURL),
      ("http://{domain}/", .notAnHTTPURL), ("http://h{domain}/", .notAnHTTPURL), ("http://u:p@h/", .notAnHTTPURL),
      ("http://h/{user}", .unknownPlace("{user}")), ("http://h/{local", .unknownPlace("{local")),
      ("http://h/local}", .unknownPlace("}")), ("http://h/ x", .forbiddenCharacter),
      ("http://h/\r\nX: y", .forbiddenCharacter), ("http://h/ä", .forbiddenCharacter),
    ] as [(String, URLTemplate.Problem)]
  )
  func refused(text: String, problem: URLTemplate.Problem) {
    #expect(throws: problem) { try URLTemplate(text) }
  }

  @Test("No address of thousands of random ones changes host, segments or query fields")
  func hostileAddresses() throws {
    var random = SystemRandomNumberGenerator()
    let template = try URLTemplate("https://h.example/a/{local}/b/{domain}?c={body}&d={address}")
    let alphabet = Array("ab./?#&=%:;@!$'()*+,[]~|{}^`äß🙂\u{202E}-_")
    for _ in 0..<5_000 {
      let text = String(
        (0..<Int.random(in: 1...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" }
      )
      guard let address = try? IMAddress(text), let url = try? template.url(for: address) else { continue }
      let parts = url.split(separator: "?", omittingEmptySubsequences: false)
      #expect(parts.count == 2, "\(text)")
      #expect(parts[0].hasPrefix("https://h.example/a/"))
      #expect(parts[0].split(separator: "/", omittingEmptySubsequences: false).count == 7, "\(text)")
      #expect(parts[1].split(separator: "&").count == 2, "\(text)")
      #expect(url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(text)")
    }
  }

  @Test("A body's places are escaped as the format wants it, and other braces stay")
  func body() throws {
    let address = try IMAddress("a'b&c=d@corp")
    let json = BodyTemplate(#"{"u":"{body}","n":{"x":{}},"unknown":"{user}"}"#, format: .json)
    #expect(
      String(decoding: json.body(for: address), as: UTF8.self)
        == #"{"u":"a'b&c=d@corp","n":{"x":{}},"unknown":"{user}"}"#
    )
    let form = BodyTemplate("u={local}&d={domain}", format: .form)
    #expect(String(decoding: form.body(for: address), as: UTF8.self) == "u=a%27b%26c%3Dd&d=corp")
    let xml = BodyTemplate("<q u=\"{local}\">{domain}</q>", format: .xml)
    #expect(
      String(decoding: xml.body(for: address), as: UTF8.self) == "<q u=\"a&apos;b&amp;c=d\">corp</q>"
    )
    #expect(JSONValue.escaped("a\"b\\c\u{1}\u{7F}") == #"a\"b\\c\u0001\u007f"#)
  }
}
