// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// Why a chain finds what it finds for an address: the answer to `presence-worker lookup ADDRESS`.
public struct ChainExplanation: Sendable {
  /// One agent in the order of the chain.
  public struct Step: Sendable {
    /// The agent's name.
    public let agent: String
    /// Whether it is the active enterprise connection, which is asked for what nobody claims.
    public let isEnterprise: Bool
    /// The rule by which the agent claims the address, or nil. Only the first claim counts.
    public let claimedBy: ClaimRule?
    /// What the agent's circuit breaker lets through at the moment.
    public let circuit: CircuitState
  }

  /// The address.
  public let address: IMAddress
  /// All agents in their order.
  public let steps: [Step]
  /// The agent that is asked; nil where nobody claims the address.
  public let delegate: String?
  /// What the agent asked, and what came back.
  public let trace: [String]
  /// What became of it.
  public let finding: PresenceFinding
  /// How long the agent took.
  public let duration: Duration
  /// The URI that opens a conversation, and its client.
  public let launch: (client: String, uri: String)?
}

extension PresenceChain {
  /// Looks an address up in a call of its own, regardless of circuits and remembered failures, and tells all about it.
  ///
  /// It needs no `run`.
  public func explain(_ address: IMAddress, timeout: Duration? = nil) async -> ChainExplanation {
    let steps = runners.enumerated().map { index, runner in
      ChainExplanation.Step(
        agent: runner.descriptor.name,
        isEnterprise: index == directory.enterpriseIndex,
        claimedBy: runner.descriptor.claims.first { $0.claims(address) },
        circuit: runner.status(isEnterprise: false).circuit
      )
    }
    let observedAt = wallClock()
    guard let index = directory.claim(address) else {
      let error = AgentError(.notClaimed, "No agent claims the address.")
      return ChainExplanation(
        address: address,
        steps: steps,
        delegate: nil,
        trace: [],
        finding: PresenceFinding(outcome: .failed(error), agent: nil, observedAt: observedAt, wasCalled: false),
        duration: .zero,
        launch: nil
      )
    }
    let agent = runners[index].agent
    let descriptor = runners[index].descriptor
    let trace = AgentTrace()
    let start = clock.now
    let outcome = await AgentTrace.$current.withValue(trace) {
      await ask(agent, address, timeout: timeout ?? agent.limits.timeout)
    }
    var validFor: Duration?
    if case .answered(let answer) = outcome { validFor = answer.validFor ?? descriptor.freshness }
    return ChainExplanation(
      address: address,
      steps: steps,
      delegate: descriptor.name,
      trace: trace.steps,
      finding: PresenceFinding(
        outcome: outcome,
        agent: descriptor.name,
        observedAt: observedAt,
        validFor: validFor,
        wasCalled: true
      ),
      duration: start.duration(to: clock.now),
      launch: descriptor.launch.map { ($0.client, $0.uri(for: address)) }
    )
  }

  /// One call, within a time-out.
  private func ask(_ agent: any PresenceAgent, _ address: IMAddress, timeout: Duration) async -> AgentOutcome {
    await withTaskGroup(of: AgentOutcome?.self) { group in
      group.addTask {
        do throws(AgentError) {
          let answers = try await agent.presence(of: [address], timeout: timeout)
          return answers[address].map { .answered($0) } ?? .unknown
        } catch {
          return AgentOutcome(error)
        }
      }
      group.addTask { [clock] in
        do {
          try await clock.sleep(until: clock.now.advanced(by: timeout), tolerance: nil)
          return .failed(.timeout)
        } catch {
          return nil  // the answer was first
        }
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first ?? .failed(AgentError(.cancelled, "The one who asked has gone."))
    }
  }
}
