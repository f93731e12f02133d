// SPDX-License-Identifier: Apache-2.0

/// What one source said of one identity on one device: the unit of presence that is kept, ordered and combined.
///
/// The texts are borrowed views; an empty view means that there is none.
public struct Reading {
  /// Whether a reading still speaks for its identity.
  @frozen
  public enum Standing: UInt8, Sendable {
    /// It does.
    case live = 0
    /// A later view of the whole identity, or a later push after a look-up, took its place; it is kept because order
    /// is judged against it.
    case superseded = 1
    /// Its lease ran out; it is kept because order is judged against it.
    case lapsed = 2
  }

  /// The identity; empty for "the enterprise identity of that user, whatever its address".
  public var address: ByteView
  /// Which gateway or agent says so.
  public var source: ByteView
  /// The device, empty where the source does not tell devices apart.
  public var device: ByteView
  /// The status message, empty where there is none.
  public var message: ByteView
  /// The state that was read.
  public var state: PresenceState
  /// Whether the reading still speaks for its identity.
  public var standing: Standing
  /// When the source observed it (for a look-up: the moment of the agent's call).
  public var observedAt: Timestamp
  /// The source's own order of its events, where it has one.
  public var sequence: Int64?
  /// For how many seconds the reading holds unless renewed; zero where it has no lease.
  public var leaseSeconds: Int32
  /// Until when a looked-up reading is fresh; nil for a pushed one. This is what tells the two apart.
  public var validUntil: Timestamp?
  /// The worker's monotonic clock in milliseconds when the lease was last renewed here; never on the wire.
  public var renewedAt: Int64

  /// A reading of its parts.
  @inlinable
  public init(
    address: ByteView,
    source: ByteView,
    device: ByteView = .empty,
    message: ByteView = .empty,
    state: PresenceState,
    standing: Standing = .live,
    observedAt: Timestamp,
    sequence: Int64? = nil,
    leaseSeconds: Int32 = 0,
    validUntil: Timestamp? = nil,
    renewedAt: Int64 = 0
  ) {
    self.address = address
    self.source = source
    self.device = device
    self.message = message
    self.state = state
    self.standing = standing
    self.observedAt = observedAt
    self.sequence = sequence
    self.leaseSeconds = leaseSeconds
    self.validUntil = validUntil
    self.renewedAt = renewedAt
  }

  /// Whether the reading was looked up, and so is a view of the whole identity rather than of one device.
  @inlinable
  public var isLookedUp: Bool { validUntil != nil }

  /// The most readings that are kept of one user; beyond it the oldest goes.
  public static let maximumPerUser = 16
}
