// SPDX-License-Identifier: Apache-2.0

package import AgentKit
import PresenceModel

/// A URL that is put together of what was configured and of parts that addresses bring along.
///
/// Whatever is appended is percent-encoded, so that it is one segment of the path, or the value of one field of the
/// query, and nothing else.
package struct RequestURL {
  /// The URL so far.
  package private(set) var text: String
  private var hasQuery = false

  /// A URL that starts with a configured one, which has no query and no slash at its end.
  package init(_ base: String) { text = base }

  /// Appends a segment of the path.
  ///
  /// - Throws: `unusableAddress` where it is empty, `.` or `..`, which servers take for another path.
  package mutating func append(segment: String) throws(AgentError) {
    guard !segment.isEmpty, segment != ".", segment != ".." else {
      throw AgentError(.unusableAddress, "The address would change the path of the agent's URL.")
    }
    text += "/" + PercentEncoding.encode(segment)
  }

  /// Appends a field of the query.
  package mutating func append(query name: String, _ value: String) {
    text += (hasQuery ? "&" : "?") + PercentEncoding.encode(name) + "=" + PercentEncoding.encode(value)
    hasQuery = true
  }
}
