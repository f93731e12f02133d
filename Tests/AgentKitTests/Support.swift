// SPDX-License-Identifier: Apache-2.0

import AgentKit
import AgentTesting
import PresenceModel
import Testing

/// An address of a text that is one.
func address(_ text: String) throws -> IMAddress { try IMAddress(text) }

/// The text that a launch writes for raw bytes.
func launchText(_ launch: IMLaunch, _ address: String) -> String {
  var bytes: [UInt8] = []
  ByteView.withView(of: address) { view in launch.writeURI(for: view) { bytes.append(contentsOf: $0) } }
  return String(decoding: bytes, as: UTF8.self)
}

/// A chain that runs, on a clock that the test moves, with needs whose findings the test awaits in their order.
struct RunningChain {
  let chain: PresenceChain<ManualClock>
  let clock: ManualClock
  private let findings: AsyncStream<(String, PresenceFinding)>
  private let found: AsyncStream<(String, PresenceFinding)>.Continuation

  /// Runs `body` with a chain that runs; afterwards the chain is cancelled, whatever hangs.
  static func run(
    _ agents: [ScriptedAgent],
    enterprise: ScriptedAgent? = nil,
    _ body: (RunningChain) async throws -> Void
  ) async throws {
    let clock = ManualClock()
    let chain = try PresenceChain(
      agents,
      enterprise: enterprise,
      clock: clock,
      wallClock: { clock.wallTime },
      seed: 1
    )
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await chain.run() }
      let (findings, found) = AsyncStream.makeStream(of: (String, PresenceFinding).self)
      try await body(RunningChain(chain: chain, clock: clock, findings: findings, found: found))
      group.cancelAll()
    }
  }

  /// A need whose finding `next` will bring; it has been taken in when this returns.
  func need(
    _ text: String,
    label: String? = nil,
    within seconds: Int64 = 60,
    notOlderThan: Timestamp = .distantPast,
    isAwaited: Bool = false
  ) throws {
    let need = PresenceNeed(
      try IMAddress(text),
      notOlderThan: notOlderThan,
      deadline: clock.wallTime.adding(milliseconds: seconds * 1_000),
      isAwaited: isAwaited
    )
    chain.submit(need) { finding in found.yield((label ?? text, finding)) }
  }

  /// The next finding, with the label of its need.
  func next() async throws -> (label: String, finding: PresenceFinding) {
    var iterator = findings.makeAsyncIterator()
    return try #require(await iterator.next())
  }

  /// The status of the only agent, or of the one at an index.
  func status(_ index: Int = 0) -> AgentStatus { chain.statuses()[index] }
}

extension ScriptedAgent {
  /// An agent that claims a domain.
  convenience init(
    domain: String,
    batch: Int = 1,
    limits: AgentLimits = AgentLimits(),
    ignoresCancellation: Bool = false,
    reaction: (@Sendable ([IMAddress]) -> Reaction)? = nil
  ) {
    self.init(
      AgentDescriptor(name: domain, claims: [ClaimRule(domain: GlobPattern(domain))], maximumBatch: batch),
      limits: limits,
      ignoresCancellation: ignoresCancellation,
      reaction: reaction
    )
  }
}

extension PresenceFinding {
  /// The state of an answer.
  var state: PresenceState? {
    guard case .answered(let answer) = outcome else { return nil }
    return answer.state
  }

  /// The code of a failure.
  var code: AgentError.Code? { outcome.failure?.code }
}
