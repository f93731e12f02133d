// SPDX-License-Identifier: Apache-2.0

/// The topics of the contract, as the small integers that the hot path switches on.
public enum LogTopic: UInt8, CaseIterable, Hashable, Sendable {
  case presenceChanges, contactRequests, userProfiles, portalSpaces, presenceLookups
  case presenceSnapshots, mailDispatches, imDispatches, contactOutcomes, deadLetters

  /// The name without a prefix.
  public var name: String {
    switch self {
    case .presenceChanges: "presence.changes"
    case .contactRequests: "contact.requests"
    case .userProfiles: "user.profiles"
    case .portalSpaces: "portal.spaces"
    case .presenceLookups: "presence.lookups"
    case .presenceSnapshots: "presence.snapshots"
    case .mailDispatches: "mail.dispatches"
    case .imDispatches: "im.dispatches"
    case .contactOutcomes: "contact.outcomes"
    case .deadLetters: "presence.dead-letters"
    }
  }

  /// What an enricher's group subscribes to.
  public static let enricherInputs: [LogTopic] = [.presenceChanges, .contactRequests, .userProfiles]
}

/// One partition of one topic.
public struct LogPartition: Hashable, Sendable {
  /// The topic.
  public var topic: LogTopic
  /// The partition's number.
  public var partition: Int32

  /// A partition of its parts.
  public init(_ topic: LogTopic, _ partition: Int32) {
    self.topic = topic
    self.partition = partition
  }
}

extension LogPartition: CustomStringConvertible {
  /// The topic's name and the partition's number, such as `presence.changes[3]`.
  public var description: String { "\(topic.name)[\(partition)]" }
}

/// A place in a partition: the offset of the next record to read.
public struct LogPosition: Hashable, Sendable {
  /// The partition.
  public var partition: LogPartition
  /// The offset of the next record; nil for the partition's beginning.
  public var offset: Int64?

  /// A position of its parts.
  public init(_ partition: LogPartition, offset: Int64?) {
    self.partition = partition
    self.offset = offset
  }
}
