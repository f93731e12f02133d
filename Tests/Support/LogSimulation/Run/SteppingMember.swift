// SPDX-License-Identifier: Apache-2.0

/// What the scheduler drives: a lane, one iteration of its loop at a time.
public protocol SteppingMember: AnyObject {
  /// One iteration. It never blocks for time to pass outside of the client's calls.
  func step()
  /// Ends in good order: finishes or aborts what it does and closes its clients. No step follows.
  func stop()
}
