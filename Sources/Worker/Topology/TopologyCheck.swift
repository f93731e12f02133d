// SPDX-License-Identifier: Apache-2.0

/// Something that is not right with a topic, and what to do about it.
public struct TopologyProblem: Sendable, Equatable {
  /// How bad it is.
  public enum Weight: String, Sendable {
    /// The worker's guarantees do not hold: it refuses to be ready.
    case error
    /// It works, less well than it could.
    case advice
  }

  /// How bad it is.
  public var weight: Weight
  /// The full name of the topic; empty where several are meant.
  public var topic: String
  /// What is not right.
  public var finding: String
  /// What to do about it.
  public var remedy: String

  /// A problem of that topic.
  public init(_ weight: Weight, topic: String, finding: String, remedy: String) {
    self.weight = weight
    self.topic = topic
    self.finding = finding
    self.remedy = remedy
  }
}

/// Compares what a broker has with what the contract wants; pure, so that it is tested without a broker.
///
/// Errors are what breaks a guarantee:
/// (a) a topic is missing;
/// (b) co-partitioned topics differ in their partition counts;
/// (c) a cleanup policy deletes state, or compacts events away;
/// (d) not retention(requests) < duplicate window < retention(outcomes), or not retention(lookups) >=
///     retention(requests);
/// (e) dead letters may not be as large as what they carry.
public struct TopologyCheck: Sendable {
  /// The topics that should be there.
  public let topology: Topology
  /// How long the enricher recognises a repeated request.
  public let duplicateWindow: Duration
  /// The partition count that the configuration names.
  public let partitions: Int

  /// A check against a configuration.
  public init(_ configuration: WorkerConfiguration) {
    topology = Topology(configuration)
    duplicateWindow = configuration.contact.duplicateWindow
    partitions = configuration.topics.partitions
  }

  /// Everything that is not right, errors before advice.
  public func problems(found: [TopicFacts]) -> [TopologyProblem] {
    let byTopic = Dictionary(
      found.compactMap { facts in topology.topic(named: facts.name).map { ($0, facts) } },
      uniquingKeysWith: { first, _ in first }
    )
    let all =
      missing(byTopic) + partitionCounts(byTopic) + cleanup(byTopic) + retention(byTopic) + sizes(byTopic)
      + compaction(byTopic) + unknownSettings(byTopic)
    return all.filter { $0.weight == .error } + all.filter { $0.weight == .advice }
  }

  // MARK: Errors

  private func missing(_ found: [LogTopic: TopicFacts]) -> [TopologyProblem] {
    LogTopic.allCases.filter { found[$0] == nil }.map { topic in
      TopologyProblem(
        .error,
        topic: topology.name(of: topic),
        finding: "does not exist",
        remedy: "run `presence-worker topics create`"
      )
    }
  }

  private func partitionCounts(_ found: [LogTopic: TopicFacts]) -> [TopologyProblem] {
    let together = LogTopic.allCases.filter(\.isCoPartitioned).compactMap { found[$0] }
    let counts = Dictionary(grouping: together, by: \.partitions)
    guard let usual = counts.max(by: { ($0.value.count, $0.key) < ($1.value.count, $1.key) })?.key else { return [] }
    if counts.count > 1 {
      return together.filter { $0.partitions != usual }.map { facts in
        TopologyProblem(
          .error,
          topic: facts.name,
          finding: "has \(counted(facts.partitions)), while others keyed by user have \(usual)",
          remedy: """
            a count cannot be lowered, and raising it moves keys: delete and create the topic anew if it holds \
            nothing that matters; else choose a new topics.prefix, run `topics create`, and copy
            """
        )
      }
    }
    guard usual != partitions else { return [] }
    return [
      TopologyProblem(
        .advice,
        topic: "",
        finding: "the topics have \(counted(usual)), topics.partitions says \(partitions)",
        remedy: "set topics.partitions to \(usual); what the broker has counts"
      )
    ]
  }

  private func cleanup(_ found: [LogTopic: TopicFacts]) -> [TopologyProblem] {
    LogTopic.allCases.compactMap { topic in
      guard let facts = found[topic], let policies = facts.cleanup, policies != [topic.cleanup.rawValue] else {
        return nil
      }
      let consequence = topic.cleanup == .compact ? "state would be deleted by age" : "events would be compacted away"
      return TopologyProblem(
        .error,
        topic: facts.name,
        finding: "cleanup.policy is \(policies.sorted().joined(separator: ",")): \(consequence)",
        remedy: "set cleanup.policy=\(topic.cleanup.rawValue)"
      )
    }
  }

  private func retention(_ found: [LogTopic: TopicFacts]) -> [TopologyProblem] {
    var problems: [TopologyProblem] = []
    let requests = found[.contactRequests]?.retention
    let window = Retention.limited(duplicateWindow)
    if let requests, requests >= window {
      problems.append(
        TopologyProblem(
          .error,
          topic: topology.name(of: .contactRequests),
          finding:
            "keeps requests \(requests): a request read again after contact.duplicateWindow (\(window)) counts twice",
          remedy: "set \(retentionSetting(of: .contactRequests)), or a longer contact.duplicateWindow"
        )
      )
    }
    if let outcomes = found[.contactOutcomes]?.retention, outcomes <= window {
      problems.append(
        TopologyProblem(
          .error,
          topic: topology.name(of: .contactOutcomes),
          finding: "keeps outcomes \(outcomes): the filter of contact.duplicateWindow (\(window)) cannot be restored",
          remedy: "set \(retentionSetting(of: .contactOutcomes)), or a shorter contact.duplicateWindow"
        )
      )
    }
    if let requests, let lookups = found[.presenceLookups]?.retention, lookups < requests {
      problems.append(
        TopologyProblem(
          .error,
          topic: topology.name(of: .presenceLookups),
          finding: "keeps look-ups \(lookups), requests are kept \(requests): a waiting request could vanish",
          remedy: "set \(retentionSetting(of: .presenceLookups))"
        )
      )
    }
    return problems
  }

  private func sizes(_ found: [LogTopic: TopicFacts]) -> [TopologyProblem] {
    guard let letters = found[.deadLetters], let room = letters.number("max.message.bytes") else { return [] }
    let inputs = LogTopic.allCases.filter(\.isInput).compactMap { found[$0]?.number("max.message.bytes") }
    guard let largest = inputs.max(), room < largest + Double(Topology.deadLetterAllowance) else { return [] }
    let needed = Int(largest) + Topology.deadLetterAllowance
    return [
      TopologyProblem(
        .error,
        topic: letters.name,
        finding: "max.message.bytes is \(Int(room)): the largest input and its error would need \(needed)",
        remedy: "set max.message.bytes=\(needed)"
      )
    ]
  }

  // MARK: Advice

  private func compaction(_ found: [LogTopic: TopicFacts]) -> [TopologyProblem] {
    LogTopic.allCases.filter { $0.cleanup == .compact }.compactMap { topic in
      guard let facts = found[topic] else { return nil }
      let larger = ["segment.bytes", "segment.ms", "min.cleanable.dirty.ratio", "max.compaction.lag.ms"]
        .filter { name in
          guard let actual = facts.number(name), let wanted = topic.settings[name].flatMap(Double.init) else {
            return false
          }
          return actual > wanted
        }
      guard !larger.isEmpty else { return nil }
      let wanted = larger.map { "\($0)=\(topic.settings[$0] ?? "")" }.joined(separator: ",")
      return TopologyProblem(
        .advice,
        topic: facts.name,
        finding: "\(larger.joined(separator: ", ")) above what keeps restoring short",
        remedy: "set \(wanted)"
      )
    }
  }

  private func unknownSettings(_ found: [LogTopic: TopicFacts]) -> [TopologyProblem] {
    let silent = LogTopic.allCases.compactMap { found[$0] }.filter { $0.settings == nil }
    guard !silent.isEmpty else { return [] }
    let subject = silent.count == 1 ? silent[0].name : "\(silent.count) topics"
    return [
      TopologyProblem(
        .advice,
        topic: "",
        finding: "the broker does not tell the settings of \(subject)",
        remedy: "allow DescribeConfigs on them, so that policies, retention and sizes can be checked"
      )
    ]
  }

  private func retentionSetting(of topic: LogTopic) -> String {
    "retention.ms=\(topic.settings["retention.ms"] ?? "")"
  }

  private func counted(_ partitions: Int) -> String {
    partitions == 1 ? "1 partition" : "\(partitions) partitions"
  }
}
