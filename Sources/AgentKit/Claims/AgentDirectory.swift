// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// The agents in their order, and the one active enterprise connection for what nobody claims.
///
/// a. The first agent that claims an address is the only one that is ever asked for it.
/// b. What none claims is the enterprise connection's, where there is one.
/// c. Two directories of equal descriptors in equal order have equal hashes, on every machine and in every release
///    that makes the same claims of them.
public struct AgentDirectory: Sendable {
  /// Why agents do not make a directory.
  public enum Problem: Error, Equatable, Sendable {
    /// Two agents have this name.
    case duplicateName(String)
    /// The name is not one (`AgentDescriptor.isName`).
    case invalidName(String)
  }

  /// The agents in their order; the enterprise connection, where there is one, stands last.
  public let descriptors: [AgentDescriptor]
  /// The index of the active enterprise connection in `descriptors`.
  public let enterpriseIndex: Int?
  /// A fingerprint of the directory, 16 hexadecimal digits; it travels in look-ups so that drifting configurations show.
  public let hash: String

  /// A directory of agents in this order.
  public init(_ agents: [AgentDescriptor], enterprise: AgentDescriptor? = nil) throws(Problem) {
    descriptors = agents + (enterprise.map { [$0] } ?? [])
    enterpriseIndex = enterprise == nil ? nil : agents.count
    var names: Set<String> = []
    for descriptor in descriptors {
      guard AgentDescriptor.isName(descriptor.name) else { throw .invalidName(descriptor.name) }
      guard names.insert(descriptor.name).inserted else { throw .duplicateName(descriptor.name) }
    }
    hash = AgentDirectory.fingerprint(of: descriptors, enterpriseIndex: enterpriseIndex)
  }

  private init() {
    descriptors = []
    enterpriseIndex = nil
    hash = AgentDirectory.fingerprint(of: [], enterpriseIndex: nil)
  }

  /// A directory without agents: nothing is claimed, nothing is ever looked up.
  public static let empty = AgentDirectory()

  /// The index of the agent whose address this is; nil where nobody claims it and there is no enterprise connection.
  public func claim(_ address: IMAddress) -> Int? {
    ByteView.withView(of: address.text) { claim($0) }
  }

  /// The index of the agent whose address this is, from an address that `IMAddress.check` accepts.
  public func claim(_ address: ByteView) -> Int? {
    let parts = AddressParts(address)
    let claimants = enterpriseIndex ?? descriptors.count
    for index in 0..<claimants where descriptors[index].claims(parts) { return index }
    return enterpriseIndex
  }

  /// The agent of an index that `claim` returned.
  public subscript(index: Int) -> AgentDescriptor { descriptors[index] }

  /// How long an answer of the agent of an index is fresh.
  public func freshness(of index: Int) -> Duration { descriptors[index].freshness }

  /// The index of the agent of a name.
  public func index(named name: String) -> Int? { descriptors.firstIndex { $0.name == name } }

  private static func fingerprint(of descriptors: [AgentDescriptor], enterpriseIndex: Int?) -> String {
    var hash = StableHash()
    hash.combine("agents.v1")
    hash.combine(enterpriseIndex ?? -1)
    for descriptor in descriptors {
      hash.combine(descriptor.name)
      hash.combine(descriptor.claims.count)
      for rule in descriptor.claims {
        switch rule.scheme {
        case .any: hash.combine("any")
        case .bare: hash.combine("bare")
        case .scheme(let scheme): hash.combine("scheme " + scheme.rawValue)
        case .schemeOrBare(let scheme): hash.combine("schemeOrBare " + scheme.rawValue)
        }
        hash.combine(rule.domain?.text.lowercased())
        hash.combine(rule.pattern?.text.lowercased())
        hash.combine(rule.shape?.rawValue)
      }
      hash.combine(descriptor.launch?.client)
      hash.combine(descriptor.launch?.prefix)
      hash.combine(descriptor.launch?.part.rawValue)
      hash.combine(descriptor.launch?.suffix)
      hash.combine(Int(descriptor.freshness / .milliseconds(1)))
      hash.combine(descriptor.maximumBatch)
    }
    return hash.text
  }
}

extension AgentDirectory.Problem: CustomStringConvertible {
  /// The text for people.
  public var description: String {
    switch self {
    case .duplicateName(let name): "two agents are named \"\(name)\""
    case .invalidName(let name): "\"\(name)\" is no agent's name: 1 to 64 ASCII letters, digits, -, _ and ."
    }
  }
}
