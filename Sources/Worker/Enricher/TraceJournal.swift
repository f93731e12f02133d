// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

/// The trace contexts of users whose snapshots are published at the end of the transaction, when the inputs that
/// carried them are gone.
///
/// Inputs without a trace context, which are most, leave nothing here. Memory is reused from transaction to
/// transaction.
struct TraceJournal: ~Copyable {
  private struct Key: Hashable {
    var partition: Int32
    var id: Int
  }

  private struct Entry {
    var parent: Range<Int>
    var state: Range<Int>
  }

  private var bytes: [UInt8] = []
  private var entries: [Key: Entry] = [:]

  /// Notes what caused the last material change of a user; no trace forgets what was noted before.
  mutating func note(_ partition: Int32, _ id: Int, _ trace: TraceContext) {
    if trace.traceparent.isEmpty {
      if !entries.isEmpty { entries[Key(partition: partition, id: id)] = nil }
      return
    }
    let start = bytes.count
    bytes.append(contentsOf: trace.traceparent.raw)
    let middle = bytes.count
    bytes.append(contentsOf: trace.tracestate.raw)
    entries[Key(partition: partition, id: id)] = Entry(parent: start..<middle, state: middle..<bytes.count)
  }

  /// Lends the trace context of a user; none where there is none.
  func with(_ partition: Int32, _ id: Int, _ body: (TraceContext) -> Void) {
    guard !entries.isEmpty, let entry = entries[Key(partition: partition, id: id)] else {
      body(.none)
      return
    }
    bytes.withUnsafeBytes { raw in
      let view = ByteView(raw)
      body(TraceContext(traceparent: view[entry.parent], tracestate: view[entry.state]))
    }
  }

  mutating func removeAll() {
    guard !entries.isEmpty else { return }
    bytes.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
  }
}
