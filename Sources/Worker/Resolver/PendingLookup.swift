// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// A look-up that was read and is not finished: its bytes, and where it stands.
struct PendingLookup: Sendable {
  /// The trace of the look-up; empty texts where there is none.
  struct Trace: Sendable {
    var parent = ""
    var state = ""
  }

  /// The agent that is asked.
  struct Agent: Sendable {
    var index: Int
    /// Which chain the index is of.
    var chain: Int
  }

  /// In which form the output is on its way. Each is smaller than the one before, and follows where a topic refused it.
  enum Form: UInt8, Sendable {
    /// The answer, and the request that waited.
    case whole
    /// Both without the status message, which makes them no larger than the look-up.
    case withoutMessage
    /// A dead letter.
    case deadLetter
  }

  /// What is kept of a large look-up's headers for the dead letter that it might become.
  struct KeptHeaders: Sendable {
    var headers: OwnedHeaders
    var timestamp: Timestamp
  }

  var partition: Int32
  var offset: Int64
  var user: [UInt8]
  var value: [UInt8]
  var trace = Trace()
  /// Whether the value is a whole CloudEvent rather than its data.
  var isStructured = false
  /// When it was published, on this machine's monotonic clock.
  var since: Int64
  /// When it was read, on the same clock.
  var readAt: Int64
  /// The headers of one that is so large that its answer might not be taken.
  var kept: KeptHeaders?
  /// The agent that is being asked; nil before and after.
  var agent: Agent?
  /// What was found, once it is on its way.
  var finding: PresenceFinding?
  /// The form of the output that is on its way.
  var form = Form.whole
  /// How many records of that form are not acknowledged yet.
  var unacknowledged = 0

  /// What a look-up takes beside its texts: its place in the table, its need, its flight, its timer.
  static var overhead: Int { 1_024 }

  /// From which size on the headers are kept.
  static var largeValue: Int { 4_096 }

  /// About how many bytes it takes.
  var bytes: Int { Self.overhead + user.count + value.count }
}
