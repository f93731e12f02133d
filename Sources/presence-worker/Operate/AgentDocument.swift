// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// What `/agents` says of one agent, for people; a failure without its details, which may name somebody.
struct AgentDocument: Codable, Sendable {
  var name: String
  var isEnterprise: Bool
  var circuit: String
  var runningCalls: Int
  var queuedAddresses: Int
  var waitingNeeds: Int
  var rememberedFailures: Int
  var calls: Int
  var answered: Int
  var unknown: Int
  var failed: [String: Int]
  var lastFailure: String?
  var lastFailureAt: String?

  init(_ status: AgentStatus) {
    name = status.name
    isEnterprise = status.isEnterprise
    circuit = status.circuit.rawValue
    runningCalls = status.runningCalls
    queuedAddresses = status.queuedAddresses
    waitingNeeds = status.waitingNeeds
    rememberedFailures = status.rememberedFailures
    calls = status.counters.calls
    answered = status.counters.answered
    unknown = status.counters.unknown
    failed = Dictionary(status.counters.failed.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: +)
    lastFailure = status.lastFailure.map { $0.error.description }
    lastFailureAt = status.lastFailure.map { $0.at.description }
  }
}
