// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// The pure, secret-free part of an agent: what it claims, how its client is launched, how long its answers hold.
///
/// Enrichers know agents by their descriptors alone; only resolvers hold the agents.
public struct AgentDescriptor: Hashable, Sendable {
  /// The agent's name: unique in a directory, the `source` of its answers, a label of its metrics.
  public var name: String
  /// The ways to claim an address; one that holds is enough.
  public var claims: [ClaimRule]
  /// How the network's client is launched; nil where the network has none.
  public var launch: IMLaunch?
  /// How long an answer is fresh, from the moment of the call, unless the answer says otherwise.
  public var freshness: Duration
  /// How many addresses the agent takes in one call; at least 1.
  public var maximumBatch: Int

  /// A descriptor.
  public init(
    name: String,
    claims: [ClaimRule],
    launch: IMLaunch? = nil,
    freshness: Duration = .seconds(60),
    maximumBatch: Int = 1
  ) {
    self.name = name
    self.claims = claims
    self.launch = launch
    self.freshness = freshness
    self.maximumBatch = max(1, maximumBatch)
  }

  /// Whether the agent claims an address.
  public func claims(_ address: IMAddress) -> Bool {
    ByteView.withView(of: address.text) { claims(AddressParts($0)) }
  }

  func claims(_ parts: AddressParts) -> Bool {
    for rule in claims where rule.claims(parts) { return true }
    return false
  }

  /// Whether a text can be the name of an agent: 1 to 64 ASCII letters, digits, `-`, `_` and `.`.
  public static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: "~") }
  }
}
