// SPDX-License-Identifier: Apache-2.0

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
  /// What.
  public var contents: [RecordContent]
  /// How.
  public var mode: Mode

  /// A write of its parts.
  public init(_ contents: [RecordContent], to partition: LogPartition, mode: Mode = .plain) {
    self.partition = partition
    self.contents = contents
    self.mode = mode
  }
}
