// SPDX-License-Identifier: Apache-2.0

import Foundation
import PresenceModel
import Testing

@testable import PresenceEvents

/// A golden sample: an event exactly as it is written, in a file that is named after its type and variant.
struct Sample: CustomTestStringConvertible, Sendable {
  let name: String
  let type: EventType
  let bytes: [UInt8]

  var testDescription: String { name }

  static let all: [Sample] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Samples")
    do {
      return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        .filter { $0.pathExtension == "json" }
        .sorted { $0.path < $1.path }
        .map { file in
          let name = file.deletingPathExtension().lastPathComponent
          guard let type = EventType.allCases.first(where: { (name + ".").hasPrefix("\($0).") }) else {
            fatalError("\(name) is named after no event type")
          }
          return Sample(name: name, type: type, bytes: try Data(contentsOf: file).filter { $0 != UInt8(ascii: "\n") })
        }
    } catch {
      fatalError("samples: \(error)")
    }
  }()

  static func named(_ name: String) -> Sample {
    guard let sample = all.first(where: { $0.name == name }) else { fatalError("no sample \(name)") }
    return sample
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension EventDecoder {
  /// Reads an event of any type and writes it again.
  func rewrite(
    _ bytes: [UInt8],
    as type: EventType,
    envelope: Envelope = Envelope(),
    with encoder: EventEncoder = EventEncoder()
  ) throws(DecodingFailure) -> [UInt8] {
    let result = bytes.withUnsafeBytes { value -> Result<[UInt8], DecodingFailure> in
      do throws(DecodingFailure) {
        let written =
          switch type {
          case .presenceChange: encoder.change(try change(value, envelope: envelope))
          case .contactRequest: encoder.request(try request(value, envelope: envelope))
          case .userProfile: encoder.profile(try profile(value, envelope: envelope))
          case .portalSpace: encoder.space(try space(value, envelope: envelope))
          case .presenceLookup: encoder.lookup(try lookup(value, envelope: envelope))
          case .presenceSnapshot: encoder.snapshot(try snapshot(value, envelope: envelope))
          case .mailDispatch: encoder.mailDispatch(try mailDispatch(value, envelope: envelope))
          case .imDispatch: encoder.imDispatch(try imDispatch(value, envelope: envelope))
          case .contactOutcome: encoder.outcome(try outcome(value, envelope: envelope))
          }
        return .success(Array(written))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  func rewrite(
    _ text: String,
    as type: EventType,
    envelope: Envelope = Envelope()
  ) throws(DecodingFailure) -> String {
    String(decoding: try rewrite(Array(text.utf8), as: type, envelope: envelope), as: UTF8.self)
  }

  /// The failure of a text that should be refused.
  func refusal(_ text: String, as type: EventType, envelope: Envelope = Envelope()) -> DecodingFailure? {
    do throws(DecodingFailure) {
      _ = try rewrite(text, as: type, envelope: envelope)
      return nil
    } catch {
      return error
    }
  }
}
