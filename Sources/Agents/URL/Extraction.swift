// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Where a value stands in an answer.
enum Extraction: Sendable {
  case json(JSONPointer)
  case xml(XMLPath)
  case regex(PatternText)
  case fingerprint([Fingerprint])
  case redirect
  case status

  /// What was found.
  enum Value: Equatable {
    /// This text, which a value map turns into a state.
    case text(String)
    /// This state.
    case state(PresenceState)
    /// The document is of the right form and has nothing there.
    case absent
    /// The answer has another form.
    case mismatch
  }

  func value(in response: AgentHTTPResponse) -> Value {
    switch self {
    case .json(let pointer):
      guard let document = JSONValue(response.body) else { return .mismatch }
      switch pointer.target(in: document) {
      case .found(.null), .absent: return .absent
      case .found(let value): return value.scalarText.map { .text($0) } ?? .mismatch
      case .noParent: return .mismatch
      }
    case .xml(let path):
      guard let root = XMLElement.parse(response.body) else { return .mismatch }
      switch path.target(in: root) {
      case .found(let text): return .text(text)
      case .absent: return .absent
      case .noParent: return .mismatch
      }
    case .regex(let pattern):
      let start = response.body.prefix(PatternText.maximumBytes)
      guard let text = String(validating: start, as: UTF8.self) else { return .mismatch }
      return pattern.firstMatch(in: text).map { .text($0) } ?? .mismatch
    case .fingerprint(let table):
      return Fingerprint.firstMatch(in: response.body, of: table).map { .state($0) } ?? .mismatch
    case .redirect:
      guard (300..<400).contains(response.status), let location = response.header("location") else {
        return .mismatch
      }
      return .text(URLOrigin.lastSegment(of: location))
    case .status:
      return .text(String(response.status))
    }
  }
}

/// A regular expression, compiled once.
///
/// It is matched against the start of an answer alone: matching backtracks, and cannot be interrupted by a time-out.
struct PatternText: Sendable, Hashable {
  /// How many bytes of an answer are looked at.
  static let maximumBytes = 16_384

  let text: String
  private let compiled: Compiled

  /// `Regex` is not `Sendable` since one built from closures need not be; this one is made of a text alone and is never
  /// changed.
  private final class Compiled: @unchecked Sendable {
    let regex: Regex<AnyRegexOutput>
    init(_ text: String) throws { regex = try Regex(text) }
  }

  /// Why a text is no regular expression.
  struct Problem: Error, CustomStringConvertible {
    let description: String
  }

  init(_ text: String) throws(Problem) {
    self.text = text
    do {
      compiled = try Compiled(text)
    } catch {
      throw Problem(description: "is no regular expression: \(error)")
    }
  }

  static func == (left: PatternText, right: PatternText) -> Bool { left.text == right.text }

  func hash(into hasher: inout Hasher) { hasher.combine(text) }

  /// The first group of the first match, or the whole match where there is no group.
  func firstMatch(in text: String) -> String? {
    guard let match = try? compiled.regex.firstMatch(in: text) else { return nil }  // it throws from closures only
    let output = match.output
    return (output.count > 1 ? output[1].substring : output[0].substring).map(String.init)
  }
}
