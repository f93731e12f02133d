// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Writes events as JSON.
///
/// What a call returns lies in the encoder's buffer and is valid until its next call. Nothing is allocated for an event
/// once the buffer has its size. The order of fields is that of the contract; absent fields are left out; what is
/// written is valid JSON for any texts that are UTF-8, and the decoder reads it back where the texts keep its limits.
///
/// One encoder per lane: it is neither `Sendable` nor reentrant.
public final class EventEncoder {
  private var out = JSONBuffer()

  /// An encoder with a small buffer, which grows with what it writes.
  public init() {}

  /// Writes an event of `presence.changes`.
  public func change(_ change: PresenceChange) -> UnsafeRawBufferPointer {
    out.removeAll()
    change.write(to: &out)
    return out.bytes
  }

  /// Writes an event of `presence.snapshots`, with tooltip and icon.
  public func snapshot(_ snapshot: PresenceSnapshot) -> UnsafeRawBufferPointer {
    out.removeAll()
    snapshot.write(to: &out)
    return out.bytes
  }

  /// Writes an event of `user.profiles`.
  public func profile(_ profile: UserProfile) -> UnsafeRawBufferPointer {
    out.removeAll()
    profile.write(to: &out)
    return out.bytes
  }

  /// Writes an event of `portal.spaces`.
  public func space(_ space: PortalSpace) -> UnsafeRawBufferPointer {
    out.removeAll()
    space.write(to: &out)
    return out.bytes
  }

  /// Writes an event of `contact.requests`, with its resolution where there is one.
  public func request(_ request: ContactRequest) -> UnsafeRawBufferPointer {
    out.removeAll()
    request.write(to: &out)
    return out.bytes
  }

  /// Writes an event of `presence.lookups`.
  public func lookup(_ lookup: PresenceLookup) -> UnsafeRawBufferPointer {
    out.removeAll()
    lookup.write(to: &out)
    return out.bytes
  }

  /// Writes an event of `mail.dispatches`.
  public func mailDispatch(_ dispatch: MailDispatch) -> UnsafeRawBufferPointer {
    out.removeAll()
    dispatch.write(to: &out)
    return out.bytes
  }

  /// Writes an event of `im.dispatches`.
  public func imDispatch(_ dispatch: IMDispatch) -> UnsafeRawBufferPointer {
    out.removeAll()
    dispatch.write(to: &out)
    return out.bytes
  }

  /// Writes an event of `contact.outcomes`.
  public func outcome(_ outcome: ContactOutcome) -> UnsafeRawBufferPointer {
    out.removeAll()
    outcome.write(to: &out)
    return out.bytes
  }
}
