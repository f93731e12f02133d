// SPDX-License-Identifier: Apache-2.0

package import PresenceModel

/// What `opi.yahoo.com/online` answers, modes `a` and `t`.
package enum YahooFormat {
  /// The longest answer that is looked at, in bytes.
  static let maximumBytes = 512

  /// The state; nil for whatever is not exactly an answer. An error page is never online.
  package static func parse(_ body: [UInt8], id: String) -> PresenceState? {
    guard body.count <= maximumBytes, let whole = String(validating: body, as: UTF8.self) else { return nil }
    var text = trim(whole[...])
    if let state = code(text) { return state }
    if text.lowercased().hasPrefix(id.lowercased()) { text = trim(text.dropFirst(id.count)) }
    if let state = code(text) { return state }
    switch text.split(whereSeparator: \.isWhitespace).map({ $0.uppercased() }).joined(separator: " ") {
    case "IS ONLINE": return .online
    case "IS NOT ONLINE", "NOT ONLINE": return .offline
    default: return nil
    }
  }

  private static func code(_ text: Substring) -> PresenceState? {
    switch text {
    case "01": .online
    case "00": .offline
    default: nil
    }
  }

  private static func trim(_ text: Substring) -> Substring {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
