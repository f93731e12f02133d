// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct ByteViewTests {
  @Test func literalsOfAnyLengthBecomeViews() {
    #expect(ByteView("").isEmpty)
    #expect(ByteView("a").string == "a")
    #expect(ByteView("é").count == 2)
    #expect(ByteView("presence").string == "presence")
    #expect(ByteView.empty == ByteView(""))
  }

  @Test func anEmptyBufferWithoutAnAddressIsAnEmptyView() {
    let view = ByteView(UnsafeRawBufferPointer(start: nil, count: 0))
    #expect(view == .empty)
    #expect(view.firstIndex(of: 0) == nil)
    #expect(view.string == "")
  }

  @Test func equalityAndHashingGoByBytesWhereverTheyAre() {
    let copies = [Array("jane".utf8), Array("jane".utf8), Array("Jane".utf8), Array("jan".utf8)]
    copies[0].withUnsafeBytes { first in
      copies[1].withUnsafeBytes { second in
        #expect(ByteView(first) == ByteView(second))
        #expect(ByteView(first).hashValue == ByteView(second).hashValue)
      }
      for other in copies[2...] { other.withUnsafeBytes { #expect(ByteView(first) != ByteView($0)) } }
    }
  }

  @Test(arguments: [
    ("sip:Jane@Corp.Example", "SIP:jANE@corp.example", true),
    ("", "", true),
    ("jane", "janes", false),
    ("[", "{", false),  // they differ by the bit that tells cases apart
    ("@", "`", false),
    ("É", "é", false),  // only ASCII
  ])
  func caseOfASCIILettersIsIgnored(_ left: String, _ right: String, _ isEqual: Bool) {
    let result = ByteView.withView(of: left) { left in
      ByteView.withView(of: right) { left.equalsIgnoringASCIICase($0) }
    }
    #expect(result == isEqual)
  }

  @Test func slicesAndSearchesSeeOnlyTheirOwnBytes() {
    let view = ByteView("a:b:c")
    #expect(view.firstIndex(of: UInt8(ascii: ":")) == 1)
    #expect(view[2..<5].string == "b:c")
    #expect(view[2..<5].firstIndex(of: UInt8(ascii: ":")) == 1)
    #expect(view[2..<3].firstIndex(of: UInt8(ascii: ":")) == nil)
    #expect(view[5..<5].isEmpty)
    #expect(view[4] == UInt8(ascii: "c"))
  }

  @Test func bytesThatAreNotUTF8BecomeReplacementCharacters() {
    [UInt8]([0x61, 0xFF, 0x62]).withUnsafeBytes { #expect(ByteView($0).description == "a\u{FFFD}b") }
  }

  @Test func lendingAStringPassesErrorsOn() {
    #expect(throws: IMAddress.Problem.empty) {
      try ByteView.withView(of: "x") { _ throws(IMAddress.Problem) in throw .empty }
    }
  }

  @Test func textsOfAnyLengthAreComparedAndCopiedByteByByte() {
    for length in 0...70 {
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
      bytes.withUnsafeBytes { bytes in
        let view = ByteView(bytes)
        var copy = [UInt8](repeating: 0xEE, count: length + 2)
        copy.withUnsafeMutableBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return }
          view.copy(to: base + 1)
        }
        #expect(copy.first == 0xEE && copy.last == 0xEE, "nothing but \(length) bytes is written")
        copy[1..<length + 1].withUnsafeBytes { #expect(ByteView($0) == view) }
        for place in 0..<length {
          copy[1 + place] ^= 0x20
          copy[1..<length + 1].withUnsafeBytes { #expect(ByteView($0) != view, "length \(length), place \(place)") }
          copy[1 + place] ^= 0x20
        }
      }
    }
  }
}
