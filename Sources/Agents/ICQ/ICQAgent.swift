// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of an ICQ agent; claims `icq:` unless told otherwise.
///
/// The service was closed in 2024; servers that speak its format remain.
struct ICQAgentConfiguration: AgentSettings {
  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `url`: where `/online.gif` is; default `http://status.icq.com`.
  let url: String
  /// Key `image`: the number of the picture that is asked for; default 5.
  let image: Int
  /// Key `fingerprints`: which bytes of the picture mean which state; default those of picture 5.
  let fingerprints: [Fingerprint]
  /// Key `redirects`: the last segment of which target means which state; default `online0.gif` and `online1.gif`.
  let redirects: [String: PresenceState]

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(
      reader,
      claims: [ClaimRule(scheme: .scheme(.icq))],
      launch: .icq,
      isEnterprise: isEnterprise
    )
    url = reader.baseURL("url", default: "http://status.icq.com")
    image = reader.integer("image", default: 5, in: 0...99)
    if reader.value("fingerprints") != nil {
      fingerprints = reader.fingerprints("fingerprints")
    } else {
      fingerprints = image == 5 ? ICQFormat.fingerprints : []
      if image != 5 { reader.report("fingerprints", nil, "is missing: those that are built in are of image 5") }
    }
    redirects = reader.value("redirects") == nil ? ICQFormat.redirects : reader.states("redirects")
  }

  func makeAgent(_ connection: AgentConnection, path: String) -> any PresenceAgent {
    ICQAgent(self, connection)
  }
}

/// Asks a server of ICQ's online indicator for a number's picture.
struct ICQAgent: SingleAddressAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  let connection: AgentConnection
  private let configuration: ICQAgentConfiguration

  init(_ configuration: ICQAgentConfiguration, _ connection: AgentConnection) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    self.configuration = configuration
    self.connection = connection
  }

  func presence(of address: IMAddress, within budget: CallBudget) async throws(AgentError) -> AgentAnswer? {
    guard address.domain == nil, ICQFormat.isNumber(address.local) else { return nil }
    var url = RequestURL(configuration.url + "/online.gif")
    url.append(query: "icq", address.local)
    url.append(query: "img", String(configuration.image))
    let response = try await connection.send(AgentHTTPRequest("GET", url.text), timeout: budget.remaining)
    let state: PresenceState? =
      switch response.status {
      case 200: ICQFormat.parse(response.body, fingerprints: configuration.fingerprints)
      case 301, 302, 303, 307, 308:
        response.header("location").flatMap { ICQFormat.state(ofRedirectTo: $0, configuration.redirects) }
      default: nil
      }
    return state.map { AgentAnswer($0) }
  }
}
