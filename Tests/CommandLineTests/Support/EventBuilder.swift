// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel
import Worker

@testable import presence_worker

/// Lends a record of a topic, as a reader would hand it out.
func withRecord(
  _ topic: LogTopic,
  key: String,
  value: String?,
  offset: Int64 = 0,
  timestamp: Timestamp? = nil,
  _ body: (TopicReader.Record) -> Void
) {
  ByteView.withView(of: key) { key in
    func lend(_ value: UnsafeRawBufferPointer?) {
      body(
        TopicReader.Record(
          topic: topic,
          partition: 3,
          offset: offset,
          timestamp: timestamp,
          key: key.raw,
          value: value,
          envelope: Envelope()
        )
      )
    }
    guard let value else { return lend(nil) }
    ByteView.withView(of: value) { lend($0.raw) }
  }
}
