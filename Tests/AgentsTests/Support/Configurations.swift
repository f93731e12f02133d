// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Yams

@testable import Agents

/// The agents of a YAML list.
func configurations(_ yaml: String) throws -> [AgentConfiguration] {
  try YAMLDecoder().decode([AgentConfiguration].self, from: yaml)
}

/// The only agent of a YAML list, over a client of the test.
func makeAgent(_ yaml: String, client: any AgentHTTPClient) throws -> any PresenceAgent {
  let findings = ConfigurationReader.Findings()
  let list = try configurations(yaml)
  guard list.count == 1,
    let blueprint = AgentBlueprint(list[0], path: "agents[0]", isEnterprise: false, findings), findings.problems.isEmpty
  else { throw ConfigurationProblems(problems: findings.problems) }
  return try blueprint.make(client, blueprint.common.credentials.resolve())
}

extension PresenceAgent {
  /// What the agent says of one address.
  func presence(of text: String) async throws -> AgentAnswer? {
    let address = try IMAddress(text)
    return try await presence(of: [address], timeout: .seconds(600))[address]
  }
}

extension IMAddress {
  /// `sip:jane@corp.example`.
  static let jane: IMAddress = {
    guard let address = try? IMAddress("sip:jane@corp.example") else { fatalError("an address is one") }
    return address
  }()
}
