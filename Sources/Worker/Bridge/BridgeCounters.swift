// SPDX-License-Identifier: Apache-2.0

/// What a bridge has done, by the agent whose network said it.
struct BridgeCounters: Sendable, Equatable {
  /// Published changes by their kind.
  private(set) var published: [BridgePublication.Kind: [String: Int]] = [:]
  /// Readings that were taken and changed nothing that anybody sees.
  private(set) var unchanged: [String: Int] = [:]
  /// Readings that were replaced by later ones before they were published.
  private(set) var replaced: [String: Int] = [:]
  /// Readings of addresses that are not watched any more, and older ones than were known.
  private(set) var ignored: [String: Int] = [:]

  mutating func didPublish(_ publication: BridgePublication) {
    published[publication.kind, default: [:]][publication.source, default: 0] += 1
  }

  mutating func didNotChange(_ source: String) { unchanged[source, default: 0] += 1 }
  mutating func didReplace(_ source: String) { replaced[source, default: 0] += 1 }
  mutating func didIgnore(_ source: String) { ignored[source, default: 0] += 1 }
}
