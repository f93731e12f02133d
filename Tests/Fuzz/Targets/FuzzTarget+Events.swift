// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel
import Synchronization

extension FuzzTarget {
  /// What comes from topics, each event on its own and as a whole CloudEvent. The first byte says which type is expected.
  static let events = [
    FuzzTarget("events") { bytes in
      bothWays.withLock { $0.feed(Array(bytes.dropFirst()), as: type(of: bytes), isStructured: false) }
    },
    FuzzTarget("cloud-events") { bytes in
      bothWays.withLock { $0.feed(Array(bytes.dropFirst()), as: type(of: bytes), isStructured: true) }
    },
  ]

  private static func type(of bytes: [UInt8]) -> EventType {
    let types = EventType.allCases
    return types[Int(bytes.first ?? 0) % types.count]
  }
}

private let bothWays = Mutex(EventsBothWays())

/// What comes of an event: its bytes when it is written again, or the kind of failure.
private enum Outcome: Equatable {
  case read([UInt8])
  case refused(DecodingFailure.Code)
}

/// Reads an event as it is and with an escaped key in front of it, which makes simdjson judge what is otherwise judged by
/// our own code: both have to come to the same.
private struct EventsBothWays {
  private let decoder = EventDecoder()
  private let encoder = EventEncoder()

  func feed(_ bytes: [UInt8], as type: EventType, isStructured: Bool) {
    let plain = rewrite(bytes, as: type, isStructured)
    promise(plain == rewrite(withEscapedKey(bytes), as: type, isStructured), "an unknown field changes nothing")
    if case .read(let written) = plain {
      promise(rewrite(written, as: type) == plain, "what was written is read as the same")
    }
  }

  private func withEscapedKey(_ bytes: [UInt8]) -> [UInt8] {
    guard let brace = bytes.firstIndex(where: { !isBlank($0) }), bytes[brace] == UInt8(ascii: "{") else { return bytes }
    let rest = bytes[(brace + 1)...]
    let isEmpty = rest.first { !isBlank($0) } == UInt8(ascii: "}")
    return bytes[...brace] + Array(#""\u0000":0"#.utf8) + (isEmpty ? [] : [UInt8(ascii: ",")]) + rest
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

  private func rewrite(
    _ bytes: [UInt8],
    as type: EventType,
    _ isStructured: Bool = false
  ) -> Outcome {
    ByteView.withView(of: "application/cloudevents+json") { structured in
      let envelope = Envelope(contentType: isStructured ? structured : .empty)
      return bytes.withUnsafeBytes { value in
        do throws(DecodingFailure) {
          return .read(Array(try write(value, as: type, envelope)))
        } catch {
          return .refused(error.code)
        }
      }
    }
  }

  private func write(
    _ value: UnsafeRawBufferPointer,
    as type: EventType,
    _ envelope: Envelope
  ) throws(DecodingFailure) -> UnsafeRawBufferPointer {
    switch type {
    case .presenceChange: encoder.change(try decoder.change(value, envelope: envelope))
    case .contactRequest: encoder.request(try decoder.request(value, envelope: envelope))
    case .userProfile: encoder.profile(try decoder.profile(value, envelope: envelope))
    case .portalSpace: encoder.space(try decoder.space(value, envelope: envelope))
    case .presenceLookup: encoder.lookup(try decoder.lookup(value, envelope: envelope))
    case .presenceSnapshot: encoder.snapshot(try decoder.snapshot(value, envelope: envelope))
    case .mailDispatch: encoder.mailDispatch(try decoder.mailDispatch(value, envelope: envelope))
    case .imDispatch: encoder.imDispatch(try decoder.imDispatch(value, envelope: envelope))
    case .contactOutcome: encoder.outcome(try decoder.outcome(value, envelope: envelope))
    }
  }
}
