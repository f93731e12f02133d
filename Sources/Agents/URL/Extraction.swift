// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Where a value stands in an answer.
enum Extraction: Sendable {
  case json(JSONPointer)
  case xml(XMLPath)
  case regex(RegularExpression)
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
      guard let text = String(validating: response.body.prefix(RegularExpression.maximumBytes), as: UTF8.self) else {
        return .mismatch
      }
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
