// SPDX-License-Identifier: Apache-2.0

public import AgentKit
public import PresenceEvents
public import PresenceModel

/// What configures the rules of an enricher; the defaults are the contract's.
public struct EnricherSettings: Sendable {
  /// Whether presence is switched on at all.
  public var presenceEnabled = true
  /// The services that the portal has.
  public var services: PortalSpace.Services = [.profile, .mail, .im]
  /// How several devices become one state.
  public var policy = ReadingPolicy.busyFirst
  /// Whether people may enter credentials of their own for the presence service.
  public var changeCredentials = false
  /// By how many percent the freshness of looked-up states is varied, so that they do not all end at once.
  public var jitterPercent = 10
  /// For how long a user who was asked about is kept refreshed.
  public var interest = Duration.seconds(300)
  /// For how long a look-up waits for its answer where no contact request sets the time.
  public var lookupTimeout = Duration.seconds(10)
  /// For how long a failed look-up is not tried again.
  public var failureMemory = Duration.seconds(5)
  /// What a lease is given beyond its time.
  public var leaseGrace = Duration.seconds(10)
  /// After how long without a sign of the log leases start anew.
  public var contactLossLimit = Duration.seconds(5)
  /// How far into the future a source's clock may be.
  public var clockTolerance = Duration.seconds(7 * 86_400)
  /// For how long the memory of a deletion drops older changes.
  public var deletionMemory = Duration.seconds(86_400)
  /// Whether several changes of a user in one transaction are published as the last one.
  public var coalesce = true
  /// What contact requests are held to.
  public var contact = ContactSettings()
  /// The agents: what they claim and how their clients are launched.
  public var agents = AgentDirectory.empty
  /// The `ce_source` of what is published.
  public var eventSource = "/presence-worker"

  /// The contract's defaults.
  public init() {}
}

/// What configures the rules of contact requests.
public struct ContactSettings: Sendable {
  /// After how long a request of `im` or `auto` is of no more use, unless it says.
  public var expiry = Duration.seconds(10)
  /// Which percentage of that a look-up may take.
  public var deadlinePercent = 70
  /// For how long repeats of a request are recognised.
  public var duplicateWindow = Duration.seconds(86_400)
  /// How many requests a filter remembers at the most, per partition.
  public var duplicateCapacity = 2_000_000
  /// How many requests a requester may make.
  public var rate = RequestRateLimiter.Limits()
  /// Whether a space that the table does not have allows everything.
  public var unknownSpacesAllowed = true

  /// The contract's defaults.
  public init() {}
}

extension Duration {
  /// The whole milliseconds of it.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
  }
}
