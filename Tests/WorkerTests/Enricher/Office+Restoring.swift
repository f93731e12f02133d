// SPDX-License-Identifier: Apache-2.0

import Foundation
import PresenceModel

@testable import Worker

extension Office {
  /// Another process that has restored what this office has published and still keeps, perhaps with other settings.
  func restored(
    profiles: [(String, [String: Any])] = [],
    change: (inout EnricherSettings) -> Void = { _ in }
  ) throws -> Office {
    let other = try Office(coalesce: settings.coalesce, change: change)
    other.rules.wall = rules.wall
    try other.take(from: self)
    for (user, profile) in profiles {
      let bytes = Array(try JSONSerialization.data(withJSONObject: profile))
      try other.restore(.userProfiles, offset: 0, key: user, bytes: bytes, headers: [:])
    }
    other.rules.endRestore()
    return other
  }

  /// Restores the snapshots and outcomes that another office has published and still keeps, as a store does that comes
  /// back.
  func take(from other: Office) throws {
    for topic in [LogTopic.presenceSnapshots, .contactOutcomes] {
      for (offset, output) in other.outputs.filter({ $0.topic == topic }).enumerated() {
        try restore(
          topic,
          offset: offset,
          key: output.key ?? "",
          bytes: output.bytes,
          headers: output.headers
        )
      }
    }
  }

  /// Restores one record.
  func restore(
    _ topic: LogTopic,
    offset: Int,
    key: String,
    bytes: [UInt8]?,
    headers: [String: String]
  ) throws {
    var failure: (any Error)?
    Views.lend([key] + headers.flatMap { [$0.key, $0.value] }) { views in
      (bytes ?? []).withUnsafeBytes { value in
        let headers = stride(from: 1, to: views.count, by: 2).map { (views[$0], views[$0 + 1]) as LogHeader }
        headers.withUnsafeBufferPointer { headers in
          var record = EnricherHarness.Record(
            partition: LogPartition(topic, 0),
            offset: Int64(offset),
            timestamp: rules.wall,
            key: views[0],
            value: bytes == nil ? nil : ByteView(value)
          )
          record.headers = headers
          do { try rules.restore(record) } catch { failure = error }
        }
      }
    }
    if let failure { throw failure }
  }
}
