// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

/// Writes what a bridge publishes as events of `presence.changes`.
struct BridgeEventWriter: ~Copyable {
  private let encoder = EventEncoder()
  private var envelope: EnvelopeWriter

  init(source: String) { envelope = EnvelopeWriter(source: source) }

  /// Writes an event, whose id is made of the user, the moment of the observation and the sequence.
  ///
  /// - Parameter body: takes the headers and the value; they are valid during the call.
  mutating func write(
    _ publication: BridgePublication,
    now: Timestamp,
    _ body: (borrowing EnvelopeWriter, UnsafeRawBufferPointer) -> Void
  ) {
    Self.withTexts(publication) { user, source, address, device, message in
      var change = PresenceChange(user: user, source: source, observedAt: publication.observedAt)
      change.imAddress = address
      change.device = device
      change.state = publication.said.state
      change.statusMessage = message
      change.sequence = publication.sequence
      change.leaseSeconds = publication.leaseSeconds
      envelope.begin(.presenceChange)
      envelope.setID(user: user, created: publication.observedAt, version: publication.sequence)
      envelope.set(subject: user)
      envelope.set(time: now)
      body(envelope, encoder.change(change))
    }
  }

  private static func withTexts(
    _ publication: BridgePublication,
    _ body: (ByteView, ByteView, ByteView, ByteView, ByteView) -> Void
  ) {
    ByteView.withView(of: publication.user) { user in
      ByteView.withView(of: publication.source) { source in
        ByteView.withView(of: publication.address) { address in
          ByteView.withView(of: publication.device ?? "") { device in
            ByteView.withView(of: publication.said.message ?? "") { message in
              body(user, source, address, device, message)
            }
          }
        }
      }
    }
  }
}
