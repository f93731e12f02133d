// SPDX-License-Identifier: Apache-2.0

/// How an enterprise connection is asked: the type of agent that does it, and where that has the connection's properties.
///
/// A connection's other keys (`limits`, `http`, `freshness`, `launch`, and whatever the agent has of its own) go to the
/// agent as they are. So an adapter is one line in `all`.
public struct EnterpriseAdapter: Hashable, Sendable {
  /// A property that connections have, whatever is behind them.
  public enum Property: String, CaseIterable, Sendable {
    /// The server's URL.
    case server
    /// The pool of servers that users belong to.
    case poolName
    /// The domain of users whose addresses have none.
    case userDomain
    /// The external application of `enterprise.applications` that holds the credentials.
    case externalApplication
    /// How long a call may take; -1, the default, means 10 s.
    case timeout

    var expectation: String {
      switch self {
      case .server: "the server's URL"
      case .poolName: "the pool that the users belong to"
      case .userDomain: "the domain of users whose addresses have none"
      case .externalApplication: "the name of one of enterprise.applications, which holds the credentials"
      case .timeout: "a duration such as 10s, or -1 for 10s"
      }
    }
  }

  /// The name, as `adapter:` has it.
  public let name: String
  /// The type of the agent that asks, as an agent's `type:` has it.
  let type: String
  /// The properties that a connection must have.
  let mandatory: [Property]
  /// The agent's keys of the connection's properties.
  let keys: [Property: String]

  private init(_ name: String, agent type: String, mandatory: [Property], keys: [Property: String]) {
    self.name = name
    self.type = type
    self.mandatory = mandatory
    self.keys = keys
  }

  /// All adapters.
  public static let all: [EnterpriseAdapter] = [
    EnterpriseAdapter(
      "xmpp",
      agent: "xmpp",
      mandatory: [.server, .externalApplication],
      keys: [.server: "server", .userDomain: "host"]
    ),
    EnterpriseAdapter(
      "ejabberd",
      agent: "ejabberd",
      mandatory: [.server, .externalApplication],
      keys: [.server: "url", .userDomain: "host"]
    ),
    EnterpriseAdapter(
      "ucwa",
      agent: "ucwa",
      mandatory: [.server, .externalApplication],
      keys: [.server: "url", .userDomain: "userDomain"]
    ),
    EnterpriseAdapter("graph", agent: "graph", mandatory: [.externalApplication], keys: [.server: "url"]),
    EnterpriseAdapter(
      "openfire",
      agent: "openfire",
      mandatory: [.server],
      keys: [.server: "url", .userDomain: "host"]
    ),
    EnterpriseAdapter(
      "matrix",
      agent: "matrix",
      mandatory: [.server, .externalApplication],
      keys: [.server: "url", .userDomain: "server"]
    ),
    EnterpriseAdapter("url", agent: "url", mandatory: [.server], keys: [.server: "url"]),
    EnterpriseAdapter("sip-simple", agent: "sip-simple", mandatory: [.server], keys: sipKeys),
    EnterpriseAdapter("lcs2005", agent: "lcs2005", mandatory: microsoft, keys: sipKeys),
    EnterpriseAdapter("ocs2007", agent: "ocs2007", mandatory: microsoft, keys: sipKeys),
    EnterpriseAdapter("lync2010", agent: "lync2010", mandatory: microsoft, keys: sipKeys),
  ]

  private static let sipKeys: [Property: String] = [
    .server: "server", .poolName: "poolName", .userDomain: "userDomain",
  ]
  /// What Microsoft's servers cannot be asked without.
  private static let microsoft: [Property] = [.server, .poolName, .externalApplication]
}
