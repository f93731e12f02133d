// SPDX-License-Identifier: Apache-2.0

public import AgentKit
public import PresenceModel
import Synchronization

/// An agent whose every call a test sees and answers.
///
/// A call hangs until the test lets it go, unless there is a reaction for all calls.
public final class ScriptedAgent: PresenceAgent {
  /// What comes of a call.
  public typealias Reaction = Result<[IMAddress: AgentAnswer], AgentError>

  /// A call that has started.
  public final class Call: Sendable {
    /// What was asked for.
    public let addresses: [IMAddress]

    private struct State {
      var reaction: Reaction?
      var continuation: CheckedContinuation<Reaction, Never>?
      var isCancelled = false
      var observers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    init(_ addresses: [IMAddress]) { self.addresses = addresses }

    /// Lets the call go with this answer.
    public func answer(_ answers: [IMAddress: AgentAnswer]) { end(.success(answers)) }

    /// Lets the call go with the same answer for all that was asked for.
    public func answerAll(_ answer: AgentAnswer) {
      end(.success(Dictionary(uniqueKeysWithValues: addresses.map { ($0, answer) })))
    }

    /// Lets the call fail.
    public func fail(_ error: AgentError) { end(.failure(error)) }

    /// Comes back when the call has been cancelled.
    public func cancelled() async {
      await withCheckedContinuation { continuation in
        let already = state.withLock { state in
          if !state.isCancelled { state.observers.append(continuation) }
          return state.isCancelled
        }
        if already { continuation.resume() }
      }
    }

    private func end(_ reaction: Reaction) {
      let continuation = state.withLock { state in
        guard state.reaction == nil else { return nil as CheckedContinuation<Reaction, Never>? }
        state.reaction = reaction
        defer { state.continuation = nil }
        return state.continuation
      }
      continuation?.resume(returning: reaction)
    }

    func wait(ignoringCancellation: Bool) async -> Reaction {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let reaction = state.withLock { state in
            if state.reaction == nil { state.continuation = continuation }
            return state.reaction
          }
          if let reaction { continuation.resume(returning: reaction) }
        }
      } onCancel: {
        let observers = state.withLock { state in
          state.isCancelled = true
          defer { state.observers = [] }
          return state.observers
        }
        for observer in observers { observer.resume() }
        if !ignoringCancellation { end(.failure(AgentError(.cancelled, "The call was cancelled."))) }
      }
    }
  }

  /// What the agent was made with.
  public let descriptor: AgentDescriptor
  /// What the agent was made with.
  public let limits: AgentLimits
  private let reaction: (@Sendable ([IMAddress]) -> Reaction)?
  private let ignoresCancellation: Bool
  private let started: AsyncStream<Call>
  private let start: AsyncStream<Call>.Continuation
  private let count = Atomic<Int>(0)

  /// An agent.
  ///
  /// - Parameters:
  ///   - ignoresCancellation: whether it behaves badly: a cancelled call goes on until the test lets it go.
  ///   - reaction: what comes of every call at once; nil to let the test decide call by call.
  public init(
    _ descriptor: AgentDescriptor,
    limits: AgentLimits = AgentLimits(),
    ignoresCancellation: Bool = false,
    reaction: (@Sendable ([IMAddress]) -> Reaction)? = nil
  ) {
    self.descriptor = descriptor
    self.limits = limits
    self.ignoresCancellation = ignoresCancellation
    self.reaction = reaction
    (started, start) = AsyncStream.makeStream(of: Call.self)
  }

  /// How many calls have started.
  public var callCount: Int { count.load(ordering: .acquiring) }

  /// The next call that starts, or has started and was not taken yet; nil where the test is cancelled.
  public func nextCall() async -> Call? {
    var calls = started.makeAsyncIterator()
    return await calls.next()
  }

  /// Shows the call to the test, and waits for what it says.
  public func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    count.add(1, ordering: .acquiringAndReleasing)
    if let reaction { return try reaction(addresses).get() }
    let call = Call(addresses)
    start.yield(call)
    return try await call.wait(ignoringCancellation: ignoresCancellation).get()
  }
}
