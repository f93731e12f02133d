// SPDX-License-Identifier: Apache-2.0

/// One thing that a party has to be allowed on a broker: operations on a topic, group or transactional id.
public struct AccessRule: Sendable, Equatable {
  /// What a rule is about, by the words of `kafka-acls.sh`.
  public enum Resource: String, Sendable {
    /// A topic.
    case topic
    /// A consumer group.
    case group
    /// A transactional id.
    case transactionalID = "transactional-id"
  }

  /// Who.
  public var party: Topology.Party
  /// On what.
  public var resource: Resource
  /// The resource's name, or what its name begins with.
  public var name: String
  /// Whether `name` is what names begin with.
  public var isPrefix = false
  /// The operations, by Kafka's names. Those that others imply, as Read implies Describe, are left out.
  public var operations: [String]
  /// What for, in a few words.
  public var purpose: String

  /// A rule of its parts.
  public init(
    party: Topology.Party,
    resource: Resource,
    name: String,
    isPrefix: Bool = false,
    operations: [String],
    purpose: String
  ) {
    self.party = party
    self.resource = resource
    self.name = name
    self.isPrefix = isPrefix
    self.operations = operations
    self.purpose = purpose
  }
}

extension Topology {
  /// Everything that the parties need on a broker, and nothing else; in the order of the parties.
  public var accessRules: [AccessRule] {
    Party.allCases.flatMap { party in topicRules(party) + groupRules(party) }
  }

  // MARK: Topics

  private func topicRules(_ party: Party) -> [AccessRule] {
    LogTopic.allCases.compactMap { topic in
      var operations: [String] = []
      if topic.readers.contains(party) { operations.append("Read") }
      if topic.writers.contains(party) || writesMisplaced(party, topic) { operations.append("Write") }
      if party == .enricher || party == .resolver || party == .bridge {
        // The start compares policies, retention and sizes of all topics with what the guarantees need.
        operations.append("DescribeConfigs")
        if operations.count == 1 { operations.insert("Describe", at: 0) }
      }
      if party == .operators { operations = operatorsMay(topic) }
      guard !operations.isEmpty else { return nil }
      return AccessRule(
        party: party,
        resource: .topic,
        name: name(of: topic),
        operations: operations,
        purpose: topicPurpose(party, topic)
      )
    }
  }

  /// The enricher sends what stands in a wrong partition on to the right one.
  private func writesMisplaced(_ party: Party, _ topic: LogTopic) -> Bool {
    party == .enricher && (topic == .presenceChanges || topic == .contactRequests)
  }

  private func operatorsMay(_ topic: LogTopic) -> [String] {
    var operations = ["Read", "Create", "DescribeConfigs"]
    if topic.isInput { operations.insert("Write", at: 1) }
    if topic == .deadLetters { operations += ["Write", "Delete"] }
    return operations
  }

  private func topicPurpose(_ party: Party, _ topic: LogTopic) -> String {
    switch (party, topic) {
    case (.operators, .deadLetters): "list, replay and purge dead letters"
    case (.operators, _): topic.isInput ? "look at it, send to it, replay into it" : "look at it"
    case (.enricher, _) where topic.readers.contains(.enricher) && topic.writers.contains(.enricher):
      "publish, and restore from it"
    case (.enricher, _) where writesMisplaced(.enricher, topic): "consume, and move what is in a wrong partition"
    case (.bridge, .presenceChanges): "publish, and look at the end for the sequences of others"
    case (.enricher, _), (.resolver, _), (.bridge, _):
      topic.readers.contains(party) ? "consume" : topic.writers.contains(party) ? "publish" : "check it at the start"
    default: topic.writers.contains(party) ? "write" : "read"
    }
  }

  // MARK: Groups and transactional ids

  private func groupRules(_ party: Party) -> [AccessRule] {
    func rule(_ resource: AccessRule.Resource, _ suffix: String, _ operations: [String], _ purpose: String)
      -> AccessRule
    {
      AccessRule(
        party: party,
        resource: resource,
        name: prefix + suffix,
        isPrefix: true,
        operations: operations,
        purpose: purpose
      )
    }
    switch party {
    case .enricher:
      return [
        rule(.group, "presence-worker-enricher-", ["Read"], "the group, and its readers without membership"),
        rule(.transactionalID, "presence-worker-enricher-", ["Write"], "exactly-once: one id for each lane"),
      ]
    case .resolver: return [rule(.group, "presence-worker-resolver-", ["Read"], "the group")]
    case .bridge:
      return [rule(.group, "presence-worker-bridge-", ["Read"], "the group, and its readers without membership")]
    case .operators:
      return [
        rule(.group, "presence-worker-cli", ["Read"], "commands that read topics; they join no group"),
        rule(.transactionalID, "presence-worker-replay", ["Write"], "replays, each letter once"),
      ]
    case .gateways, .portal, .mailServices, .imServices: return []
    }
  }
}
