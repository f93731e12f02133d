// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Finds the files that would keep Yams busy for ever, before it reads them.
///
/// Yams hashes a mapping's keys with all that their aliases stand for, before anything of ours sees them, and a few lines
/// of aliases of aliases stand for more than can be counted. Keys that are names are not concerned.
///
/// A file of `n` bytes with `a` aliases stands for at most `n · e^(a / e)` values: what `k` aliases of aliases of
/// `a / k` aliases each make at best. As long as that is little, whatever is in it does no harm.
enum AliasedKeys {
  /// How many values a file may stand for at worst: a second or two of hashing.
  private static let maximumValues = 2e7

  /// What was seen of a text.
  private struct Sight {
    var aliases = 0
    /// Whether a key may be anything but a name. As far as can be told without a parser (YAML 1.2.2, 7.1, 7.4 and 8.2.2)
    /// that takes a `?`, a `{`, a colon behind a list, or one behind an alias in its line (libyaml takes the alias of
    /// `*a b: c` for the key); what stands in quotes and comments counts, too.
    var hasOtherKeys = false
  }

  /// The number of aliases where they, and the form of some keys, may keep Yams busy for ever; nil where they cannot.
  static func tooMany(in text: String) -> Int? {
    let sight = look(at: text)
    guard sight.hasOtherKeys, Double(text.utf8.count) * exp(Double(sight.aliases) / M_E) > maximumValues else {
      return nil
    }
    return sight.aliases
  }

  private static func look(at text: String) -> Sight {
    var sight = Sight()
    var previous = UInt8(ascii: "\n")
    var solid = previous  // the last byte that was no white space
    var lineHasAlias = false
    for byte in text.utf8 {
      let begins = isSeparator(previous)
      switch byte {
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        lineHasAlias = false
      case UInt8(ascii: "?"), UInt8(ascii: "{"):
        sight.hasOtherKeys = true
      case UInt8(ascii: ":"):
        if lineHasAlias || solid == UInt8(ascii: "]") || solid == UInt8(ascii: "}") { sight.hasOtherKeys = true }
      default:
        if begins, byte == UInt8(ascii: "*") {
          sight.aliases += 1
          lineHasAlias = true
        }
      }
      if !isSpace(byte) { solid = byte }
      previous = byte
    }
    return sight
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  /// Whether a token may begin behind a byte; some line breaks of YAML are not ASCII.
  private static func isSeparator(_ byte: UInt8) -> Bool {
    isSpace(byte) || byte >= 0x80 || "[]{},:?\"'".utf8.contains(byte)
  }
}
