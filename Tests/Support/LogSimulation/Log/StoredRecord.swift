// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// Who writes in transactions: the id that the coordinator gave, and the epoch that tells incarnations apart.
///
/// Every initialisation of the same `transactional.id` raises the epoch; requests of a lower epoch are fenced (KIP-98).
public struct ProducerIdentity: Hashable, Sendable {
  /// The id, the same for all incarnations of one transactional id.
  public var id: Int64
  /// The incarnation.
  public var epoch: Int16
}

/// A header as it is stored.
public struct StoredHeader: Hashable, Sendable {
  /// The header's name.
  public var name: [UInt8]
  /// The header's value.
  public var value: [UInt8]

  /// A header of its parts.
  public init(name: [UInt8], value: [UInt8]) {
    self.name = name
    self.value = value
  }

  /// A header of texts.
  public init(_ name: String, _ value: String) {
    self.init(name: Array(name.utf8), value: Array(value.utf8))
  }
}

/// What a producer sends: a record that has no offset yet.
public struct RecordContent: Hashable, Sendable {
  /// The key; nil for none.
  public var key: [UInt8]?
  /// The value; nil for a tombstone.
  public var value: [UInt8]?
  /// The headers in order.
  public var headers: [StoredHeader]
  /// The time; nil for "when it is appended".
  public var timestamp: Timestamp?

  /// A record of its parts.
  public init(key: [UInt8]?, value: [UInt8]?, headers: [StoredHeader] = [], timestamp: Timestamp? = nil) {
    self.key = key
    self.value = value
    self.headers = headers
    self.timestamp = timestamp
  }

  /// A record of texts.
  public init(key: String?, value: String?, headers: [StoredHeader] = [], timestamp: Timestamp? = nil) {
    self.init(
      key: key.map { Array($0.utf8) },
      value: value.map { Array($0.utf8) },
      headers: headers,
      timestamp: timestamp
    )
  }
}

extension RecordContent: CustomStringConvertible {
  /// Key and value as text, for traces.
  public var description: String {
    func text(_ bytes: [UInt8]?) -> String { bytes.map { String(decoding: $0, as: UTF8.self) } ?? "null" }
    return "\(text(key)) = \(text(value))"
  }
}

/// One entry of a partition: a record, or a control marker that ends a transaction.
public struct StoredRecord: Sendable {
  /// What an entry is.
  public enum Kind: Sendable {
    /// A record.
    case data
    /// The end of a producer's transaction in this partition; it takes an offset and is never handed to a reader.
    case marker(commits: Bool)
  }

  /// Whether a record counts.
  public enum Fate: Sendable {
    /// Its transaction is open.
    case undecided
    /// It was written without a transaction, or its transaction is committed.
    case committed
    /// Its transaction is aborted; only a read-uncommitted reader sees it.
    case aborted
  }

  /// The offset; offsets grow and may have gaps after compaction.
  public let offset: Int64
  /// What it is.
  public let kind: Kind
  /// What was sent.
  public let content: RecordContent
  /// The log's time of it.
  public let timestamp: Timestamp
  /// Who wrote it; nil outside of transactions.
  public let producer: ProducerIdentity?
  /// Whether it counts.
  public internal(set) var fate: Fate

  /// The key as text; empty for none.
  public var keyText: String { String(decoding: content.key ?? [], as: UTF8.self) }
  /// The value as text; nil for a tombstone.
  public var valueText: String? { content.value.map { String(decoding: $0, as: UTF8.self) } }
  /// The value of a header as text.
  public func header(_ name: String) -> String? {
    content.headers.first { $0.name == Array(name.utf8) }.map { String(decoding: $0.value, as: UTF8.self) }
  }

  /// Whether it is a record that a read-committed reader gets, once the last stable offset has passed it.
  var isVisible: Bool {
    if case .data = kind, case .committed = fate { return true }
    return false
  }
}
