// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Lets the first of many equal complaints through, and then one a minute that says how many were kept back.
///
/// Messages are constant, so that records of one message, logger and lane or agent are the same complaint. An outage of
/// minutes then costs lines by the minute and not by the attempt.
public final class RepetitionLimit: Sendable {
  /// What is the same complaint.
  struct Complaint: Hashable {
    var label: String
    var message: String
    /// Where it comes from: the lane, the agent, the topic.
    var place: [String]
  }

  private struct Record {
    var windowStart: Int64
    var written = 0
    var keptBack = 0
  }

  private let burst: Int
  private let window: Int64
  private let capacity: Int
  private let records = Mutex<[Complaint: Record]>([:])

  /// Lets `burst` through within `window` milliseconds; knows at most `capacity` complaints apart.
  public init(burst: Int = 5, window: Int64 = 60_000, capacity: Int = 256) {
    self.burst = burst
    self.window = window
    self.capacity = capacity
  }

  /// Whether to write a complaint, and if so how many of its like were kept back since the last that was written; nil
  /// keeps it back.
  func admit(_ complaint: Complaint, at now: Int64) -> Int? {
    records.withLock { records in
      if records[complaint] == nil, records.count >= capacity {
        records = records.filter { now - $0.value.windowStart < window }
        if records.count >= capacity { return 0 }
      }
      var record = records[complaint] ?? Record(windowStart: now)
      defer { records[complaint] = record }
      if now - record.windowStart >= window || now < record.windowStart {
        let keptBack = record.keptBack
        // A complaint that goes on is told once a minute; after a minute of silence it is a new one.
        record = Record(windowStart: now, written: keptBack > 0 ? burst : 1)
        return keptBack
      }
      guard record.written < burst else {
        record.keptBack += 1
        return nil
      }
      record.written += 1
      return 0
    }
  }
}
