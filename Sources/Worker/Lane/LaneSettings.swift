// SPDX-License-Identifier: Apache-2.0

/// What configures a lane's loop; the defaults are the contract's.
public struct LaneSettings: Sendable {
  /// The lane's name in logs and ids: the instance's name and the lane's number.
  public var name: String
  /// How often a transaction is committed.
  public var commitInterval = Duration.milliseconds(100)
  /// How many inputs a transaction takes at the most.
  public var maximumTransactionRecords = 50_000
  /// How long the log lets a transaction live; one older than half of it takes no more input.
  public var transactionTimeout = Duration.seconds(10)
  /// How long the lane may take to finish its transaction when it is stopped.
  public var drainBudget = Duration.seconds(5)
  /// How many records one poll takes at the most.
  public var pollLimit = 1_000
  /// The largest record that a topic takes, in bytes; dead letters may be 64 KiB larger.
  public var maximumRecordBytes = 1_000_000
  /// How often the high watermarks are asked for.
  public var boundsInterval = Duration.seconds(1)
  /// How long the store of a partition that went away is kept for its return.
  public var storeKeeping = Duration.seconds(600)
  /// The first wait before new clients are made after a failure; it doubles up to 32 times this.
  public var reconnectBackoff = Duration.milliseconds(250)

  /// The settings of a lane of that name.
  public init(name: String) { self.name = name }
}
