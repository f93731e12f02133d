// SPDX-License-Identifier: Apache-2.0

import LogSimulation

/// What a run configures of the rules.
struct ReferenceRules: CustomStringConvertible {
  /// Whether several changes of a user in one transaction are published as the last one.
  var coalesces: Bool
  /// Whether a space that nobody has told of allows everything.
  var allowsUnknownSpaces: Bool
  /// How many requests a requester has in the long run; zero for no limit.
  var requestsPerMinute: Int
  /// How many a requester has after a pause.
  var requestsAtOnce: Int

  /// The times of interest and leases, in milliseconds: shorter than in a portal, so that they end while somebody looks.
  var interest: Int64
  var lookupTimeout: Int64 = 3_000
  var failureMemory: Int64 = 1_500
  var leaseGrace: Int64 = 1_000

  init(_ random: inout SplitMix64) {
    coalesces = random.chance(0.5)
    allowsUnknownSpaces = random.chance(0.7)
    requestsPerMinute = random.pick([0, 6, 60, 600])!
    requestsAtOnce = random.pick([1, 2, 5, 100])!
    interest = random.pick([2_000, 6_000, 12_000])!
  }

  var description: String {
    "\(coalesces ? "" : "not ")coalescing, unknown spaces \(allowsUnknownSpaces ? "" : "not ")allowed, "
      + "\(requestsPerMinute) requests a minute, \(requestsAtOnce) at once"
  }
}
