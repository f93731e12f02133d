// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Worker

struct ConfigurationChangeTests {
  private func configuration(_ yaml: String) throws -> WorkerConfiguration {
    var loader = ConfigurationLoader()
    loader.file = ("worker.yaml", yaml)
    return try loader.load().configuration
  }

  @Test("Live keys are taken over; others are named and stay as they were")
  func split() throws {
    let running = try configuration(
      """
      presence: {freshness: 60s}
      enricher: {lanes: 1, commitInterval: 100ms}
      agents: [{type: yahoo, name: y}]
      kafka: {properties: {linger.ms: 5}}
      """
    )
    let wanted = try configuration(
      """
      # a line that moves all others
      presence: {freshness: 30s, interest: 10m}
      enricher: {lanes: 4, commitInterval: 50ms}
      agents: [{type: yahoo, name: y}]
      enterprise: {active: x, connections: []}
      kafka: {properties: {linger.ms: 7}}
      log: {level: debug, format: json}
      contact: {rateLimit: {burst: 3}}
      """
    )
    let change = try ConfigurationChange(from: running, to: wanted)
    #expect(
      change.applied == [
        "enricher.commitInterval", "presence.freshness", "presence.interest", "contact.rateLimit.burst", "enterprise",
        "log.level",
      ]
    )
    #expect(change.deferred == ["kafka.properties", "enricher.lanes", "log.format"])
    #expect(change.configuration.presence.freshness == .seconds(30))
    #expect(change.configuration.enricher.lanes == 1)
    #expect(change.configuration.kafka.properties == running.kafka.properties)
    let again = try ConfigurationChange(from: change.configuration, to: wanted)
    #expect(again.applied.isEmpty)
    #expect(again.deferred == change.deferred)
  }

  @Test("A value that does not fit one which stays as it was is refused")
  func misfit() throws {
    let running = try configuration("enricher: {transactionTimeout: 2s, drainBudget: 1s}")
    let wanted = try configuration("enricher: {transactionTimeout: 10s, commitInterval: 4s}")
    let error = #expect(throws: ConfigurationError.self) { try ConfigurationChange(from: running, to: wanted) }
    #expect(error?.problems.map(\.key) == ["enricher.commitInterval"])
  }

  @Test("The same configuration changes nothing")
  func same() throws {
    let change = try ConfigurationChange(from: WorkerConfiguration(), to: WorkerConfiguration())
    #expect(change.applied.isEmpty)
    #expect(change.deferred.isEmpty)
  }
}
