// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import TestSupport
import Testing

@Suite(.computing) struct MailtoURITests {
  private func write(_ address: String, _ subject: String, _ body: String) -> (MailtoURI.Extent?, String) {
    var sink: [UInt8] = []
    let extent = ByteView.withView(of: address) { address in
      ByteView.withView(of: subject) { subject in
        ByteView.withView(of: body) { MailtoURI.write(to: address, subject: subject, body: $0, into: &sink) }
      }
    }
    return (extent, String(decoding: sink, as: UTF8.self))
  }

  @Test(arguments: [
    ("jane@corp.example", "", "", "mailto:jane@corp.example"),
    ("jane@corp.example", "Hi", "", "mailto:jane@corp.example?subject=Hi"),
    ("jane@corp.example", "", "Hello", "mailto:jane@corp.example?body=Hello"),
    ("jane@corp.example", "Hi there", "a&b=c", "mailto:jane@corp.example?subject=Hi%20there&body=a%26b%3Dc"),
    ("gorby%kremvax@example.com", "", "", "mailto:gorby%25kremvax@example.com"),
    ("unlikely?address@example.com", "", "", "mailto:unlikely%3Faddress@example.com"),
    ("Mike&family@example.org", "", "", "mailto:Mike%26family@example.org"),
    ("a+b#c@example.org", "", "", "mailto:a%2Bb%23c@example.org"),
    ("\"not@me\"@example.org", "", "", "mailto:%22not%40me%22@example.org"),
    ("user@example.org", "café", "", "mailto:user@example.org?subject=caf%C3%A9"),
    ("user@例え.example", "", "", "mailto:user@%E4%BE%8B%E3%81%88.example"),
    ("a@b", "1+1;2%?#", "", "mailto:a@b?subject=1%2B1%3B2%25%3F%23"),
    ("a@b", "", "one\r\ntwo\nthree\rfour", "mailto:a@b?body=one%0D%0Atwo%0D%0Athree%0D%0Afour"),
    ("a@b", "", "\n\n\r\n\r", "mailto:a@b?body=%0D%0A%0D%0A%0D%0A%0D%0A"),
    ("a@b", "", "tab\tnul\u{0}esc\u{1B}nel\u{85}del\u{7F}.", "mailto:a@b?body=tab%09nulescneldel."),
    ("a@b", "x\r\nBcc: c@d", "", "mailto:a@b?subject=xBcc%3A%20c%40d"),
    ("no-at-sign", "", "", "mailto:no-at-sign"),
  ])
  func urisFollowTheStandard(_ address: String, _ subject: String, _ body: String, _ uri: String) {
    #expect(write(address, subject, body) == (.whole, uri))
  }

  @Test func aBodyThatDoesNotFitIsLeftOut() {
    let room = MailtoURI.maximumLength - "mailto:a@b?subject=Hi&body=".utf8.count
    let whole = write("a@b", "Hi", String(repeating: "x", count: room))
    #expect(whole.0 == .whole)
    #expect(whole.1.utf8.count == MailtoURI.maximumLength)
    #expect(write("a@b", "Hi", String(repeating: "x", count: room + 1)) == (.withoutBody, "mailto:a@b?subject=Hi"))
    #expect(write("a@b", "Hi", String(repeating: "ä", count: 400)) == (.withoutBody, "mailto:a@b?subject=Hi"))
    #expect(write("a@b", "", String(repeating: "x", count: 262_144)) == (.withoutBody, "mailto:a@b"))
  }

  @Test func aSubjectThatDoesNotFitIsLeftOutWithTheBody() {
    let room = MailtoURI.maximumLength - "mailto:a@b?subject=".utf8.count
    let whole = write("a@b", String(repeating: "x", count: room), "")
    #expect(whole.0 == .whole)
    #expect(whole.1.utf8.count == MailtoURI.maximumLength)
    #expect(write("a@b", String(repeating: "x", count: room + 1), "") == (.addressOnly, "mailto:a@b"))
    #expect(write("a@b", String(repeating: "😀", count: 255), "Hello") == (.addressOnly, "mailto:a@b"))
  }

  @Test func theLongestAddressFitsEvenIfAllOfItIsEncoded() throws {
    let label = String(repeating: "ü", count: 30)
    let address = String(repeating: "ü", count: 32) + "@\(label).\(label).\(label).a"
    try ByteView.withView(of: address) { try MailAddress.check($0) }
    #expect(write(address, "", "").0 == .whole)
  }

  @Test func anAddressThatDoesNotFitIsNotWritten() {
    #expect(write(String(repeating: "%", count: 700), "s", "b") == (nil, ""))
    #expect(write(String(repeating: "a", count: 1_994), "s", "b") == (nil, ""))
    #expect(write(String(repeating: "a", count: 1_993), "s", "b").0 == .addressOnly)
  }

  /// Whatever goes in: the characters of a URI come out, one question mark, at most one ampersand, one at sign.
  @Test func nothingBreaksOutOfAURI() {
    var generator = SeededGenerator(seed: 6068)
    let alphabet = Array("ab@?&;=#%+/:,<>\"\\[] \t\r\n\u{0}\u{7F}\u{85}\u{2028}\u{202E}é€😀".unicodeScalars)
    let allowed = Set("abmilto:subjectdy=-._~%0123456789ABCDEF?&@".utf8)
    var wrong: [String] = []
    for _ in 0..<5_000 {
      func text(_ most: Int) -> String {
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...most, using: &generator) {
          scalars.append(alphabet.randomElement(using: &generator)!)
        }
        return String(scalars)
      }
      let (extent, uri) = write("a\(text(20))@b", text(300), text(900))
      let bytes = Array(uri.utf8)
      if extent == nil || bytes.count > MailtoURI.maximumLength || !Set(bytes).isSubset(of: allowed)
        || bytes.filter({ $0 == UInt8(ascii: "?") }).count > 1 || bytes.filter({ $0 == UInt8(ascii: "&") }).count > 1
        || bytes.filter({ $0 == UInt8(ascii: "@") }).count != 1
      {
        wrong.append(uri)
      }
    }
    #expect(wrong == [])
  }
}
