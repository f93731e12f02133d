// SPDX-License-Identifier: Apache-2.0

package import PresenceModel

/// What ICQ's online indicator answers: a picture, or a redirect to one.
package enum ICQFormat {
  /// The fingerprints of picture 5, a GIF: the first byte of its colour table is `40` when the person is online and
  /// `84` when not.
  package static let fingerprints = [
    Fingerprint(offset: 13, bytes: [0x40], state: .online),
    Fingerprint(offset: 13, bytes: [0x84], state: .offline),
  ]

  /// The pictures that some deployments redirect to. `online2.gif` is "not published", and so unknown.
  static let redirects: [String: PresenceState] = ["online0.gif": .offline, "online1.gif": .online]

  /// What the files of pictures begin with: GIF 87a and 89a, PNG, JPEG.
  private static let pictures: [[UInt8]] = [
    Array("GIF87a".utf8), Array("GIF89a".utf8), [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], [0xFF, 0xD8, 0xFF],
  ]

  /// The state that a picture shows; nil for a picture that is not known, and for whatever is none.
  package static func parse(_ body: [UInt8], fingerprints: [Fingerprint]) -> PresenceState? {
    guard pictures.contains(where: { body.starts(with: $0) }) else { return nil }
    return Fingerprint.firstMatch(in: body, of: fingerprints)
  }

  /// The state that the target of a redirect stands for, by its last segment.
  package static func state(ofRedirectTo location: String, _ redirects: [String: PresenceState]) -> PresenceState? {
    redirects[URLOrigin.lastSegment(of: location)]
  }

  /// Whether a text is an ICQ number: 4 to 10 digits, as the service gave out.
  package static func isNumber(_ text: String) -> Bool {
    (4...10).contains(text.utf8.count) && text.utf8.allSatisfy { $0 &- 0x30 <= 9 }
  }
}
