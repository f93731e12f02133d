// SPDX-License-Identifier: Apache-2.0

/// What is left of a call's time, for agents that ask their network more than once a call.
struct CallBudget {
  private let deadline: ContinuousClock.Instant

  /// A budget that runs from now on.
  init(_ timeout: Duration) { deadline = .now.advanced(by: timeout) }

  /// What is left; never below zero.
  var remaining: Duration { max(.zero, ContinuousClock.now.duration(to: deadline)) }

  /// What a request may take that only adds to the answer: half of what is left, so that the answer does not fail with
  /// it.
  var share: Duration { remaining / 2 }
}
