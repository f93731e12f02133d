// SPDX-License-Identifier: Apache-2.0

import CRE2

/// A regular expression in the syntax of RE2, compiled once.
///
/// RE2 searches in time linear in the text, so no answer keeps a thread busy, as it could where matching backtracks.
/// Immutable, hence `Sendable`: RE2's patterns may be searched for by several threads at once.
final class RegularExpression: @unchecked Sendable {
  /// How many bytes of an answer are looked at.
  static let maximumBytes = 16_384

  let text: String
  private let compiled: OpaquePointer

  /// Why a text is no regular expression.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  init(_ text: String) throws(Problem) {
    guard !text.isEmpty else { throw Problem(description: "is empty") }
    var utf8 = Array(text.utf8CString)
    var problem = [CChar](repeating: 0, count: 256)
    guard let compiled = cre_compile(&utf8, utf8.count - 1, &problem, problem.count) else {
      let reason = problem.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw Problem(description: "is no regular expression: \(String(decoding: reason, as: UTF8.self))")
    }
    self.text = text
    self.compiled = compiled
  }

  deinit { cre_free(compiled) }

  /// The first group of the leftmost match, or the whole match where there is no group.
  func firstMatch(in text: String) -> String? {
    var text = text
    return text.withUTF8 { utf8 in
      utf8.withMemoryRebound(to: CChar.self) { bytes in
        var offset = 0
        var count = 0
        guard let start = bytes.baseAddress, cre_find(compiled, start, bytes.count, &offset, &count) else { return nil }
        return String(decoding: utf8[offset..<offset + count], as: UTF8.self)
      }
    }
  }
}
