// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
public import Worker

/// A transaction that was committed, as an observer sees it who stands behind the client: which inputs it covers, in
/// which order and at what times they were handed to the member.
///
/// The list of these is the history that a reference model replays: the order between the partitions of several input
/// topics is the member's choice, and nothing in the log tells it.
public struct CommittedTransaction: Sendable {
  /// An input that was handed over.
  public struct Delivery: Sendable {
    /// Where it stands.
    public var partition: LogPartition
    /// Its offset.
    public var offset: Int64
    /// What the member's clock said.
    public var wall: Timestamp
    /// What the member had noted of itself on its host.
    public var note: Int64
  }

  /// The process: every start of one has another number.
  public var host: Int
  /// The inputs, in the order in which they were handed over.
  public var deliveries: [Delivery]
  /// The positions that were committed.
  public var positions: [LogPosition]
  /// Whether the member was told that it is committed.
  public internal(set) var isAcknowledged = false
}
