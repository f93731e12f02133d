// SPDX-License-Identifier: Apache-2.0

public import AgentKit
import PresenceModel

extension AgentHTTPResponse {
  /// What a status other than success means, where it means a failure; nil for 1xx to 3xx, and for those in `unknown`.
  ///
  /// - Parameter unknown: statuses by which the network says that it tells nothing of the address.
  public func failure(unknown: Set<Int> = [403, 404]) -> AgentError? {
    if unknown.contains(status) { return nil }
    switch status {
    case ..<400: return nil
    case 401, 403: return AgentError(.unauthorized, "The network refuses the credentials (HTTP \(status)).")
    case 408, 504: return AgentError(.unavailable, "The network timed out (HTTP \(status)).", retryAfter: retryAfter)
    case 429: return AgentError(.rateLimited, "The network was asked too often (HTTP 429).", retryAfter: retryAfter)
    case 500...599:
      return AgentError(.unavailable, "The network cannot answer (HTTP \(status)).", retryAfter: retryAfter)
    default: return AgentError(.badAnswer, "The network refuses the request (HTTP \(status)).")
    }
  }

  /// How long the network wants to be left alone: `Retry-After` in seconds, or as a date against the answer's `Date`.
  public var retryAfter: Duration? {
    guard let text = header("retry-after") else { return nil }
    if let seconds = Int(text), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
    guard let until = Self.moment(of: text), let date = header("date"), let now = Self.moment(of: date) else {
      return nil
    }
    return .milliseconds(min(max(until.milliseconds - now.milliseconds, 0), 86_400_000))
  }

  /// The moment of an IMF-fixdate (RFC 9110): `Sun, 06 Nov 1994 08:49:37 GMT`.
  private static func moment(of text: String) -> Timestamp? {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", words[1].utf8.count == 2,
      let month = months.firstIndex(of: String(words[2]))
    else { return nil }
    let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
    return ByteView.withView(of: "\(words[3])-\(number)-\(words[1])T\(words[4])Z") { Timestamp(rfc3339: $0) }
  }
}
