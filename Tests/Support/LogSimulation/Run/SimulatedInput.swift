// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
public import Worker

/// One write of the script: a record, or the records of one transaction of the portal's.
public struct SimulatedInput: Sendable {
  /// How it is written.
  public enum Mode: Sendable {
    /// Outside of any transaction.
    case plain
    /// In a transaction that is committed.
    case committed
    /// In a transaction that is aborted: nobody may see it.
    case aborted
  }

  /// Where.
  public var partition: LogPartition
  /// What, made at the moment of the write.
  public var contents: @Sendable (Timestamp) -> [RecordContent]
  /// How.
  public var mode: Mode

  /// A write of what is known beforehand.
  public init(_ contents: [RecordContent], to partition: LogPartition, mode: Mode = .plain) {
    self.init(to: partition, mode: mode) { _ in contents }
  }

  /// A write of what depends on the log's time.
  public init(
    to partition: LogPartition,
    mode: Mode = .plain,
    contents: @escaping @Sendable (Timestamp) -> [RecordContent]
  ) {
    self.partition = partition
    self.contents = contents
    self.mode = mode
  }
}
