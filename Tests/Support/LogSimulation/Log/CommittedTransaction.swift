// SPDX-License-Identifier: Apache-2.0

public import PresenceModel
public import Worker

/// A transaction that was committed, as an observer sees it who stands behind the client: which inputs it covers, in
/// which order and at what times they were handed to the member.
///
/// The list of these is the history that a reference model replays: the order between the partitions of several input
/// topics is the member's choice, and nothing in the log tells it.
public struct CommittedTransaction: Sendable {
  /// An input that was handed over, or between two of them what a timer did, or that all timers were looked at.
  public struct Delivery: Sendable {
    /// Where it stands; of a timer, the partition of changes that the user belongs to.
    public var partition: LogPartition
    /// Its offset; negative for what is no input.
    public var offset: Int64
    /// What the member's clock said.
    public var wall: Timestamp
    /// What the member had noted of itself on its host.
    public var note: Int64
    /// What a timer did; nil for an input.
    public var timer: TimerWork?
    /// What the member knew when it had looked at its timers; nil for an input and for what a timer did.
    public var proof: ReadProof?

    /// Whether it is none of the inputs.
    var isOfTimers: Bool { timer != nil || proof != nil }
  }

  /// What a member's timer did to a user: the one thing that no input tells, and that the member has to tell itself.
  /// Whether it was allowed is for the model to say.
  public struct TimerWork: Sendable {
    /// A reading whose lease ran out.
    public struct Origin: Hashable, Sendable {
      /// The identity; nil for the enterprise's.
      public var imAddress: String?
      /// Who had said so.
      public var source: String
      /// Of which device; nil for none.
      public var device: String?

      /// An origin of its parts.
      public init(imAddress: String?, source: String, device: String?) {
        self.imAddress = imAddress
        self.source = source
        self.device = device
      }
    }

    /// The user.
    public var user: String
    /// When the user became known; with the version it says which state the timer looked at.
    public var creation: Int64
    /// The version that was published last.
    public var version: Int
    /// The readings whose lease ran out.
    public var lapsed: [Origin]
    /// Since when the member has read this partition without a break, by its wall clock.
    public var contactSince: Timestamp = .distantPast

    /// A timer's work.
    public init(user: String, creation: Int64, version: Int, lapsed: [Origin]) {
      self.user = user
      self.creation = creation
      self.version = version
      self.lapsed = lapsed
    }
  }

  /// What a member knows of its reading of a partition, whose timers it has looked at: the leases that ended before
  /// have to be over. Times are milliseconds of its wall clock.
  public struct ReadProof: Sendable {
    /// When it learnt for the first time that it had come to the end, since when it has read without a break.
    public var caughtUpSince: Int64
    /// As of when it has known for long enough that nothing is unread.
    public var readUpTo: Int64
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
