// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import TestSupport
import Testing

@Suite(.computing) struct TextRulesTests {
  /// Every scalar there is, alone and in the middle of a text, against the lists of the documentation.
  @Test func everyScalarIsWhatTheListsSay() {
    var wrong: [UInt32] = []
    for value in UInt32(0)...0x10_FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let isControl = value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
      let isBidirectional = (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
      let bytes: [UInt8] = [0x61] + Array(UTF8.encode(scalar)!) + [0x62]
      bytes.withUnsafeBytes { buffer in
        let text = ByteView(buffer)
        var sink: [UInt8] = []
        TextRules.writeStrippingBidirectional(text, into: &sink)
        if TextRules.hasControl(text) != isControl || TextRules.hasBidirectional(text) != isBidirectional
          || sink != (isBidirectional ? [0x61, 0x62] : bytes)
        {
          wrong.append(value)
        }
      }
    }
    #expect(wrong == [])
  }

  @Test(arguments: [
    ("Jane Doe", "Jane Doe"), ("", ""), ("\u{202E}", ""), ("\u{202E}eoD enaJ", "eoD enaJ"),
    ("Jane\u{202C}", "Jane"), ("a\u{2066}\u{2067}b\u{2069}c", "abc"), ("עברית\u{200F}!", "עברית\u{200F}!"),
  ])
  func overridesAreStrippedAndMarksStay(_ name: String, _ stripped: String) {
    var sink: [UInt8] = []
    ByteView.withView(of: name) { TextRules.writeStrippingBidirectional($0, into: &sink) }
    #expect(sink == Array(stripped.utf8))
  }

  @Test(arguments: [[0xC2], [0xE2], [0xE2, 0x80], [0x61, 0xE2, 0x81], [0x85], [0xFF, 0xC2]] as [[UInt8]])
  func aSequenceThatIsCutShortIsOrdinary(_ bytes: [UInt8]) {
    // The byte behind the view would make a control of each.
    (bytes + [0xA8]).withUnsafeBytes { buffer in
      let text = ByteView(buffer)[0..<bytes.count]
      #expect(!TextRules.hasControl(text))
      var sink: [UInt8] = []
      TextRules.writeStrippingBidirectional(text, into: &sink)
      #expect(sink == bytes)
    }
  }
}
