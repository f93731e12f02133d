// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// An event of `presence.snapshots`: what a reader shows of a user, and the readings that restoring needs.
///
/// The texts are borrowed views; empty means absent. Tooltip and icon follow from the state and the message and are
/// written by the encoder.
public struct PresenceSnapshot {
  /// How the user's IM client is launched.
  public struct Launch {
    /// The client's name, such as `Microsoft Communicator`.
    public var client: ByteView
    /// The URI that launches it.
    public var uri: ByteView

    /// A launch of its parts.
    public init(client: ByteView, uri: ByteView) {
      self.client = client
      self.uri = uri
    }
  }

  /// The portal's name of the user.
  public var user: ByteView
  /// How the user is called; the user's name where nothing else is known.
  public var displayName: ByteView
  /// The address that counts.
  public var imAddress: ByteView = .empty
  /// The state to show.
  public var state: PresenceState
  /// The status message.
  public var statusMessage: ByteView = .empty
  /// Where the state comes from.
  public var source: ByteView
  /// When it was observed.
  public var observedAt: Timestamp
  /// Until when a looked-up state is fresh.
  public var validUntil: Timestamp?
  /// 1 for a new user, plus one per published snapshot.
  public var version: Int64
  /// What the state is worth.
  public var quality: PresenceQuality
  /// What the context menu may offer for the user.
  public var actions: ActionSet
  /// What it may offer the user for the own tag.
  public var selfActions: ActionSet = []
  /// How the user's IM client is launched.
  public var im: Launch?
  /// The readings; at most `Reading.maximumPerUser`.
  public var readings: UnsafeBufferPointer<Reading>

  /// A snapshot of its mandatory parts.
  @inlinable
  public init(
    user: ByteView,
    displayName: ByteView,
    state: PresenceState,
    source: ByteView,
    observedAt: Timestamp,
    version: Int64,
    quality: PresenceQuality,
    actions: ActionSet,
    readings: UnsafeBufferPointer<Reading>
  ) {
    self.user = user
    self.displayName = displayName
    self.state = state
    self.source = source
    self.observedAt = observedAt
    self.version = version
    self.quality = quality
    self.actions = actions
    self.readings = readings
  }
}
