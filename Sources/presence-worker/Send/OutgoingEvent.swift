// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel
import Worker

/// An event that is ready to be sent: checked, with its key and its value.
struct OutgoingEvent: Sendable, Equatable {
  /// Which event it is.
  var type: EventType
  /// The user, the recipient or the space.
  var key: String
  /// The JSON; nil for a tombstone.
  var value: [UInt8]?
}

extension OutgoingEvent {
  /// The types that `send` knows, and their topics.
  static func topic(of type: EventType) -> LogTopic {
    switch type {
    case .presenceChange: .presenceChanges
    case .contactRequest: .contactRequests
    case .userProfile: .userProfiles
    case .portalSpace: .portalSpaces
    case .presenceLookup: .presenceLookups
    case .presenceSnapshot: .presenceSnapshots
    case .mailDispatch: .mailDispatches
    case .imDispatch: .imDispatches
    case .contactOutcome: .contactOutcomes
    }
  }

  /// Reads an event as the worker would, and writes it as the worker would.
  ///
  /// - Throws: what is wrong with it, naming field and value.
  init(
    _ type: EventType,
    json: UnsafeRawBufferPointer,
    decoder: EventDecoder,
    encoder: EventEncoder
  ) throws(DecodingFailure) {
    self.type = type
    switch type {
    case .presenceChange:
      let event = try decoder.change(json)
      key = event.user.string
      value = Array(encoder.change(event))
    case .contactRequest:
      let event = try decoder.request(json)
      key = event.recipient.string
      value = Array(encoder.request(event))
    case .userProfile:
      let event = try decoder.profile(json)
      key = event.user.string
      value = Array(encoder.profile(event))
    case .portalSpace:
      let event = try decoder.space(json)
      key = event.space.string
      value = Array(encoder.space(event))
    default:
      throw DecodingFailure(.foreignType, field: "", problem: "cannot be sent: \(type)")
    }
  }

  /// Reads the events of a text, one on each line; empty lines are passed over.
  ///
  /// - Throws: every line that is wrong, the first ten of them in words: nothing is sent of such a text.
  static func lines(_ type: EventType, of bytes: [UInt8], named name: String) throws(CommandFailure) -> [OutgoingEvent]
  {
    let decoder = EventDecoder()
    let encoder = EventEncoder()
    var events: [OutgoingEvent] = []
    var wrong: [String] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { $0 > 0x20 }) else { continue }
      let outcome = line.withUnsafeBytes { buffer -> Result<OutgoingEvent, DecodingFailure> in
        do throws(DecodingFailure) {
          return .success(try OutgoingEvent(type, json: buffer, decoder: decoder, encoder: encoder))
        } catch {
          return .failure(error)
        }
      }
      switch outcome {
      case .success(let event): events.append(event)
      case .failure(let failure): wrong.append("\(name):\(index + 1): \(failure.message)")
      }
    }
    guard wrong.isEmpty else {
      let more = wrong.count > 10 ? "\n… and \(wrong.count - 10) more" : ""
      throw CommandFailure(
        .data,
        wrong.prefix(10).joined(separator: "\n") + more,
        advice: "Nothing was sent. A line holds one \(type) as JSON; schemas/ describes it."
      )
    }
    return events
  }
}
