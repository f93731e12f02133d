// SPDX-License-Identifier: Apache-2.0

/// The worker's topics under one prefix.
///
/// What a topic is for, how it is keyed and how long it is kept is declared once, in an extension of `LogTopic`; names, the plan
/// of `topics create` and the report of `topics check` follow from it.
public struct Topology: Sendable, Equatable {
  /// Put before every name.
  public let prefix: String

  /// The topics under that prefix.
  public init(prefix: String = "") { self.prefix = prefix }

  /// The topics that a configuration names.
  public init(_ configuration: WorkerConfiguration) { self.init(prefix: configuration.topics.prefix) }

  /// The full name of a topic.
  public func name(of topic: LogTopic) -> String { prefix + topic.name }

  /// The names of all topics in the contract's order.
  public var names: [String] { LogTopic.allCases.map(name(of:)) }

  /// The topic of a full name; nil for one that is not the worker's.
  public func topic(named name: String) -> LogTopic? {
    guard name.hasPrefix(prefix) else { return nil }
    let rest = name.dropFirst(prefix.count)
    return LogTopic.allCases.first { $0.name == rest }
  }

  /// How much larger than any input a dead letter may be: the original's bytes and the headers that say what is wrong.
  public static let deadLetterAllowance = 64 << 10

  /// What a broker takes in one record unless told otherwise (`message.max.bytes`).
  public static let inputBytes = 1_048_588

  /// The largest record that the worker writes: the dead letter of the largest input. librdkafka's own limit is below
  /// that of a broker, so that the dead letter of a large input would never leave.
  static let largestRecord = inputBytes + deadLetterAllowance
}

extension Topology {
  /// What a topic's keys are.
  public enum KeyKind: String, Sendable {
    /// The user that the event is about.
    case user
    /// The user who is to be contacted.
    case recipient
    /// The space.
    case space
    /// As it was on the record that failed.
    case original
  }

  /// How a topic loses records.
  public enum Cleanup: String, Sendable {
    /// By age.
    case delete
    /// By newer records of the same key.
    case compact
  }

  /// Who writes or reads a topic.
  public enum Party: String, CaseIterable, Sendable {
    /// Gateways to presence networks.
    case gateways
    /// The portal and its services.
    case portal
    /// Services that deliver mail.
    case mailServices = "mail services"
    /// Services and pages that start chats.
    case imServices = "IM services"
    /// People who look after the worker.
    case operators
    /// The worker's enricher.
    case enricher
    /// The worker's resolver.
    case resolver
    /// The worker's bridge.
    case bridge
  }
}

extension LogTopic {
  /// What its keys are.
  public var keyKind: Topology.KeyKind {
    switch self {
    case .presenceChanges, .userProfiles, .presenceLookups, .presenceSnapshots: .user
    case .contactRequests, .mailDispatches, .imDispatches, .contactOutcomes: .recipient
    case .portalSpaces: .space
    case .deadLetters: .original
    }
  }

  /// How it loses records.
  public var cleanup: Topology.Cleanup {
    switch self {
    case .userProfiles, .portalSpaces, .presenceSnapshots: .compact
    default: .delete
    }
  }

  /// How long it keeps records; nil for compacted ones.
  public var retention: Duration? {
    switch self {
    case .presenceChanges, .presenceLookups: .seconds(24 * 3_600)
    case .contactRequests: .seconds(12 * 3_600)
    case .contactOutcomes: .seconds(48 * 3_600)
    case .mailDispatches, .imDispatches: .seconds(7 * 86_400)
    case .deadLetters: .seconds(14 * 86_400)
    case .userProfiles, .portalSpaces, .presenceSnapshots: nil
    }
  }

  /// Whether it must have as many partitions as all others that are keyed by user.
  public var isCoPartitioned: Bool { keyKind == .user || keyKind == .recipient }

  /// Whether the worker reads records from it that others write, or that it sends to itself.
  public var isInput: Bool {
    switch self {
    case .presenceChanges, .contactRequests, .userProfiles, .portalSpaces, .presenceLookups: true
    default: false
    }
  }

  /// The largest record that it is created for, in bytes.
  public var largestRecord: Int {
    Topology.inputBytes + (self == .deadLetters ? Topology.deadLetterAllowance : 0)
  }

  /// Who writes it.
  public var writers: [Topology.Party] {
    switch self {
    case .presenceChanges: [.gateways, .portal, .resolver, .bridge]
    case .contactRequests: [.portal, .resolver]
    case .userProfiles, .portalSpaces: [.portal]
    case .presenceLookups, .presenceSnapshots, .mailDispatches, .imDispatches, .contactOutcomes: [.enricher]
    case .deadLetters: [.enricher, .resolver]
    }
  }

  /// Who reads it.
  public var readers: [Topology.Party] {
    switch self {
    case .presenceChanges, .userProfiles: [.enricher, .bridge]
    case .contactRequests: [.enricher]
    case .portalSpaces: [.enricher, .resolver]
    case .presenceLookups: [.resolver]
    case .presenceSnapshots, .contactOutcomes: [.portal, .enricher]
    case .mailDispatches: [.mailServices]
    case .imDispatches: [.imServices, .portal]
    case .deadLetters: [.operators]
    }
  }

  /// What `topics create` sets on the topic, by Kafka's names.
  public var settings: [String: String] {
    var settings = ["cleanup.policy": cleanup.rawValue, "max.message.bytes": String(largestRecord)]
    if let retention { settings["retention.ms"] = String(retention.components.seconds * 1_000) }
    if cleanup == .compact {
      // Small segments, compacted early: restoring then reads little more than the state.
      settings["segment.bytes"] = String(64 << 20)
      settings["segment.ms"] = "600000"
      settings["min.cleanable.dirty.ratio"] = "0.1"
      settings["max.compaction.lag.ms"] = "3600000"
    }
    return settings
  }
}
