// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import TestSupport
import Testing

@Suite(.computing) struct MailAddressTests {
  static let longLabel = String(repeating: "a", count: 63)
  static let longLocal = String(repeating: "a", count: 64)

  private func check(_ text: String) throws(MailAddress.Problem) {
    try ByteView.withView(of: text) { view throws(MailAddress.Problem) in try MailAddress.check(view) }
  }

  @Test(arguments: [
    "jane@corp.example", "jane.doe@corp.example", "j@c", "jane@mailhost", "JANE@CORP.EXAMPLE", "1@2.3",
    "jane+tag@corp.example", "!#$%&'*+-/=^_`{|}~@corp.example", "who?@corp.example", "o'neil@corp.example",
    "\"jane\"@corp.example", "\"jane.\"@corp.example", "\"..\"@corp.example", "\"a\\\"b\"@corp.example",
    "\"a\\\\b\"@corp.example", "a-b@c-d.e--f", "jürgen@corp.example", "用户@例子.广告", "\"jürgen\"@corp.example",
    "jane@bücher.example", "jane@xn--bcher-kva.example", "δοκιμή@παράδειγμα.δοκιμή", "चाचा@उदाहरण.परीक्षा",
    "\(longLocal)@corp.example", "jane@\(longLabel).example", "jane@\(longLabel).\(longLabel).\(longLabel).a",
  ])
  func addressesArePassed(_ address: String) throws {
    try check(address)
  }

  @Test(arguments: [
    ("", MailAddress.Problem.empty),
    ("jane", .missingPart), ("@", .missingPart), ("@corp.example", .missingPart), ("jane@", .missingPart),
    ("\(longLocal)a@corp.example", .tooLong(bytes: 78)),
    (String(repeating: "a", count: 250) + "@b.cd", .tooLong(bytes: 255)),
    ("jane@\(longLabel)a.example", .domain),
    // A second recipient, or another one.
    ("jane@corp.example,mallory@evil.example", .localPart), ("jane@corp.example, m@evil.example", .localPart),
    ("jane@corp.example;m@evil.example", .localPart), ("jane@evil.example@corp.example", .localPart),
    ("<jane@corp.example>", .localPart), ("jane@corp.example>", .domain), ("Jane <jane@corp.example", .localPart),
    ("jane,m@corp.example", .localPart), ("jane:m@corp.example", .localPart), ("jane@corp.example,", .domain),
    ("jane@corp.example;", .domain), ("\"a,b\"@corp.example", .localPart), ("\"a;b\"@corp.example", .localPart),
    ("\"a<b\"@corp.example", .localPart), ("\"a>b\"@corp.example", .localPart), ("\"a@b\"@corp.example", .localPart),
    ("=?utf-8?q?m=40evil.example=3E?=@corp.example", .localPart), ("\"=?x\"@corp.example", .localPart),
    // Headers.
    ("jane\r\nBcc:m@evil.example", .localPart), ("jane@corp.example\r\nBcc: m", .domain),
    ("jane\n@corp.example", .localPart),
    ("jane@corp.example\n", .domain), ("jane\u{0}@corp.example", .localPart), ("jane@corp\u{0}.example", .domain),
    ("\"a\rb\"@corp.example", .localPart), ("\"a\\\nb\"@corp.example", .localPart),
    ("jane\u{7F}@corp.example", .localPart),
    ("jane\u{85}@corp.example", .localPart), ("jane@corp\u{85}.example", .domain),
    // White space and what cannot be seen.
    (" jane@corp.example", .localPart), ("jane@corp.example ", .domain), ("jane doe@corp.example", .localPart),
    ("jane@ corp.example", .domain), ("\"jane doe\"@corp.example", .localPart), ("jane\t@corp.example", .localPart),
    ("jane\u{A0}doe@corp.example", .localPart), ("jane\u{3000}@corp.example", .localPart),
    ("jane\u{200B}@corp.example", .localPart), ("jane\u{202E}@corp.example", .localPart),
    ("jane\u{2028}@corp.example", .localPart), ("jane@corp\u{200B}.example", .domain),
    ("jane\u{FEFF}@corp", .localPart),
    ("jane\u{E000}@corp", .localPart), ("\"jane\u{202E}\"@corp.example", .localPart),
    // What other software takes for a dot, a slash or an at sign.
    ("jane@corp。example", .domain), ("jane@corp．example", .domain), ("jane@evil＠corp", .domain),
    ("jane@℀.example", .domain),
    // The rest of the grammar.
    (".jane@corp.example", .localPart), ("jane.@corp.example", .localPart), ("jane..doe@corp.example", .localPart),
    ("jane(comment)@corp.example", .localPart), ("jane\\@corp.example", .localPart), ("\"\"@corp.example", .localPart),
    ("\"@corp.example", .localPart), ("\"jane@corp.example", .localPart), ("jane\"@corp.example", .localPart),
    ("\"a\"b\"@corp.example", .localPart), ("\"a\\\"@corp.example", .localPart), ("\"a\\b\"@corp.example", .localPart),
    ("\"a\".b@corp.example", .localPart), ("jane@corp..example", .domain), ("jane@.corp", .domain),
    ("jane@corp.", .domain),
    ("jane@-corp.example", .domain), ("jane@corp-.example", .domain), ("jane@corp_x.example", .domain),
    ("jane@[192.0.2.1]", .domain), ("jane@[IPv6:::1]", .domain), ("jane@corp.example:25", .domain),
    ("jane@corp.example?subject=x", .domain), ("jane@corp%evil.example", .domain), ("jane@corp/evil", .domain),
  ])
  func whatCouldReachSomebodyElseIsRefused(_ address: String, _ problem: MailAddress.Problem) {
    #expect(throws: problem) { try check(address) }
    #expect(problem.description.hasPrefix("is ") || problem.description.hasPrefix("has "))
  }

  @Test(
    arguments: [
      [0x61, 0xFF, 0x40, 0x62], [0x61, 0x40, 0x62, 0xC3], [0xC3, 0x40, 0x62], [0xC0, 0x80, 0x40, 0x62],
      [0xE0, 0x80, 0x80, 0x40, 0x62], [0xED, 0xA0, 0x80, 0x40, 0x62], [0xF0, 0x80, 0x80, 0x80, 0x40, 0x62],
      [0xF4, 0x90, 0x80, 0x80, 0x40, 0x62], [0x61, 0x40, 0x80, 0x62], [0xC3, 0x28, 0x40, 0x62],
    ] as [[UInt8]]
  )
  func bytesThatAreNotUTF8AreRefused(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      let view = ByteView(buffer)
      #expect(throws: MailAddress.Problem.invalidUTF8) { try MailAddress.check(view) }
    }
  }

  /// The one thing that must hold of an address that is passed: a program that reads it in a header sees it and nothing
  /// else.
  @Test func noAddressThatIsPassedHasASeparatorOrASecondAtSign() {
    var generator = SeededGenerator(seed: 5321)
    let alphabet = Array("abc.@\"\\,;:<>()[] \t\r\n=?-é\u{202E}\u{A0}".unicodeScalars)
    let separators = Set(",;:<>()[] \t\r\n\u{202E}\u{A0}".unicodeScalars)
    var passed = 0
    var wrong: [String] = []
    for _ in 0..<200_000 {
      var scalars = Array((Bool.random(using: &generator) ? "\"ab.c\"@b.ca" : "ab.cb@b.ca").unicodeScalars)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        scalars[Int.random(in: 0..<scalars.count, using: &generator)] = alphabet.randomElement(using: &generator)!
      }
      let address = String(String.UnicodeScalarView(scalars))
      do { try check(address) } catch { continue }
      passed += 1
      if scalars.filter({ $0 == "@" }).count != 1 || scalars.contains(where: separators.contains) {
        wrong.append(address)
      }
    }
    #expect(wrong == [])
    #expect(passed > 500)
  }
}
