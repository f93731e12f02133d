// SPDX-License-Identifier: Apache-2.0

import CSimdJSON
import PresenceModel
import TestSupport
import Testing

@testable import PresenceEvents

/// Our own writer of tapes against simdjson's, document by document.
@Suite(.computing) struct PlainDocumentTests {
  /// What is taken for plain is what simdjson makes of it, value by value; what simdjson refuses is never plain.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func damagedEventsAreWhatSimdjsonMakesOfThem(_ seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let parser = try TwoWays()
    var plain = 0
    var judged = 0
    for _ in 0..<25_000 {
      var bytes = Sample.all[Int(random.next() % UInt64(Sample.all.count))].bytes
      for _ in 0..<random.next() % 4 { Mutation.apply(to: &bytes, with: &random) }
      let (ours, theirs) = parser.parse(bytes)
      if let ours {
        plain += 1
        #expect(ours == theirs, "\(String(decoding: bytes, as: UTF8.self))")
      }
      if theirs != nil { judged += 1 }
    }
    #expect(plain > 2_500)
    #expect(judged > plain)
  }

  /// Small documents of all that JSON is made of, right and wrong.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func documentsOfPiecesAreWhatSimdjsonMakesOfThem(_ seed: UInt64) throws {
    var random = SplitMix(state: seed &+ 100)
    let parser = try TwoWays()
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"a\":", "\"b\":", "\"\"", "\"text\"", "0", "-0", "00", "-", "17", "-5", "1.5",
      "1e3",
      "123456789012345678", "1234567890123456789", "99999999999999999999", "true", "false", "null", "nul", "truex",
      " ", "\n", "\t ", "\"\\n\"", "{}", "[]", "\"é\"", "\u{C}",
    ].map { Array($0.utf8) }
    var plain = 0
    for _ in 0..<100_000 {
      var bytes: [UInt8] = Array("{\"k\":".utf8)
      for _ in 0..<random.next() % 9 { bytes += pieces[Int(random.next() % UInt64(pieces.count))] }
      if random.next() % 2 == 0 { bytes += Array("}".utf8) }
      let (ours, theirs) = parser.parse(bytes)
      guard let ours else { continue }
      plain += 1
      #expect(ours == theirs, "\(String(decoding: bytes, as: UTF8.self))")
    }
    #expect(plain > 1_000)
  }

  @Test func eventsArePlain() throws {
    let parser = try TwoWays()
    for sample in Sample.all where !sample.text.contains("\\") && !sample.text.contains(".5") {
      let (ours, theirs) = parser.parse(sample.bytes)
      #expect(ours != nil && ours == theirs, "\(sample.name)")
    }
  }

  @Test(arguments: [
    (#"{"a":"x\ny"}"#, "a backslash"), (#"{"a":1.0}"#, "a fraction"), (#"{"a":1e2}"#, "an exponent"),
    (#"{"a":1234567890123456789}"#, "nineteen digits"), ("[1]", "no object"), ("7", "no object"),
    (String(repeating: #"{"a":"#, count: 20) + "1" + String(repeating: "}", count: 20), "deep"),
  ])
  func othersAreLeftToSimdjson(_ text: String, _ reason: String) throws {
    let (ours, theirs) = try TwoWays().parse(Array(text.utf8))
    #expect(ours == nil && theirs != nil, "\(reason)")
  }

  @Test(arguments: [
    "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":[", "{\"a\":{", "{}{}", "{}1", "{\"a\":1}}",
  ])
  func tornDocumentsAreNotPlain(_ text: String) throws {
    let (ours, theirs) = try TwoWays().parse(Array(text.utf8))
    #expect(ours == nil && theirs == nil)
  }
}

/// A parser that reads each document in both ways, each told as one text.
private final class TwoWays {
  private let parser: OpaquePointer

  init() throws { parser = try #require(csj_parser_create(1 << 20, 32)) }

  deinit { csj_parser_free(parser) }

  /// What our own tape says, nil where the document is not plain; and simdjson's, nil where it refuses.
  func parse(_ bytes: [UInt8]) -> (ours: String?, theirs: String?) {
    guard csj_find(parser, bytes, bytes.count) == CSJ_OK else { return (nil, nil) }
    let found = csj_found(parser)
    let ours = PlainDocument.write(found.pointee, length: bytes.count) ? told(found) : nil
    let theirs = csj_judge(parser) == CSJ_OK ? told(found) : nil
    return (ours, theirs)
  }

  private func told(_ document: UnsafePointer<csj_document>) -> String {
    var text = ""
    tell(JSONValue(word: Int(CSJ_ROOT), of: document), to: &text)
    return text
  }

  private func tell(_ value: JSONValue, to text: inout String) {
    if let string = value.text {
      text += "\"\(string.string)\""
    } else if value.isNumber {
      text += value.numberText
    } else if var members = value.members {
      text += "{"
      while let member = members.nextMember() {
        text += "\(member.key.string)="
        tell(member.value, to: &text)
        text += ";"
      }
      text += "}"
    } else if var elements = value.elements {
      text += "["
      while let element = elements.nextElement() {
        tell(element, to: &text)
        text += ";"
      }
      text += "]"
    } else {
      text += value.boolean.map { "\($0)" } ?? value.kindName
    }
  }
}
