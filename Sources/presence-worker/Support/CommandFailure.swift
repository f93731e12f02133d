// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// Why a command ends, said to whoever typed it: what happened, what to do, and the exit status.
struct CommandFailure: Error {
  /// Exit statuses after `sysexits.h`, so that scripts can tell a typing error from a broker that is away.
  enum Status: Int32, CaseIterable {
    /// The command was typed wrong.
    case usage = 64
    /// What was read is not what it should be.
    case data = 65
    /// A service that is needed does not answer, or refuses.
    case unavailable = 69
    /// It may work a little later.
    case temporary = 75
    /// The configuration is wrong.
    case configuration = 78
  }

  var status: Status
  /// What happened; may have several lines.
  var message: String
  /// What to do about it; empty where the message says that already.
  var advice: String

  init(_ status: Status, _ message: String, advice: String = "") {
    self.status = status
    self.message = message
    self.advice = advice
  }

  /// What standard error gets.
  var text: String {
    advice.isEmpty ? "presence-worker: \(message)" : "presence-worker: \(message)\n\(advice)"
  }
}
