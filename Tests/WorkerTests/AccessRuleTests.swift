// SPDX-License-Identifier: Apache-2.0

import Testing
import Worker

@Suite("Access rules")
struct AccessRuleTests {
  private let rules = Topology(prefix: "acme.").accessRules

  private func operations(_ party: Topology.Party, _ topic: LogTopic) -> [String] {
    rules.first { $0.party == party && $0.resource == .topic && $0.name == "acme." + topic.name }?.operations ?? []
  }

  @Test("whoever reads or writes a topic by the contract may do that", arguments: LogTopic.allCases)
  func contract(_ topic: LogTopic) {
    for party in topic.readers { #expect(operations(party, topic).contains("Read"), "\(party)") }
    for party in topic.writers { #expect(operations(party, topic).contains("Write"), "\(party)") }
  }

  @Test("nobody outside of the worker and its operators may do anything else", arguments: LogTopic.allCases)
  func nothingMore(_ topic: LogTopic) {
    for party in [Topology.Party.gateways, .portal, .mailServices, .imServices] {
      let wanted = (topic.readers.contains(party) ? ["Read"] : []) + (topic.writers.contains(party) ? ["Write"] : [])
      #expect(operations(party, topic) == wanted, "\(party)")
    }
  }

  @Test("a misplaced change or request can be moved by the enricher, a profile cannot")
  func misplaced() {
    #expect(operations(.enricher, .presenceChanges).contains("Write"))
    #expect(operations(.enricher, .contactRequests).contains("Write"))
    #expect(!operations(.enricher, .userProfiles).contains("Write"))
    #expect(!operations(.resolver, .presenceSnapshots).contains("Read"))
    #expect(!operations(.bridge, .contactRequests).contains("Write"))
  }

  @Test("groups and transactional ids are those of the prefix, and of nobody outside")
  func groups() {
    let others = rules.filter { $0.resource != .topic }
    #expect(others.allSatisfy { $0.isPrefix && $0.name.hasPrefix("acme.presence-worker-") })
    #expect(Set(others.map(\.party)) == [.enricher, .resolver, .bridge, .operators])
  }
}
