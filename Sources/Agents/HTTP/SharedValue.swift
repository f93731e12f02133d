// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Synchronization

/// A value that is fetched once for all who need it at the same time, and kept as long as it holds.
///
/// a. Of any number of callers one fetch is under way at a time, and each gets what comes of it.
/// b. A value that should be renewed is renewed while it still serves, and nobody waits for that. Where renewing fails,
///    it is tried again after `renewalPause`, until the value no longer holds.
/// c. A caller that is cancelled stops waiting; the fetch goes on for the others.
final class SharedValue<Value: Sendable>: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// What a fetch brings.
  struct Fetched: Sendable {
    /// The value.
    var value: Value
    /// How long it holds; nil for as long as nobody says otherwise.
    var validFor: Duration?
    /// After what time it is renewed; nil for never.
    var renewAfter: Duration?
  }

  private struct Held {
    var value: Value
    var expiresAt: Instant?
    var renewAt: Instant?
  }

  private typealias Waiter = CheckedContinuation<Result<Value, AgentError>, Never>

  private struct State {
    var held: Held?
    var isFetching = false
    var lastWaiter = 0
    var waiters: [Int: Waiter] = [:]
  }

  private let state = Mutex(State())
  private let now: @Sendable () -> Instant
  private let renewalPause: Duration
  private let fetch: @Sendable () async throws(AgentError) -> Fetched

  /// A value that is fetched when it is needed first.
  ///
  /// - Parameter fetch: brings the value, or fails; it ends by itself in reasonable time.
  init(
    renewalPause: Duration = .seconds(10),
    now: @escaping @Sendable () -> Instant = { .now },
    fetch: @escaping @Sendable () async throws(AgentError) -> Fetched
  ) {
    self.renewalPause = renewalPause
    self.now = now
    self.fetch = fetch
  }

  /// The value, which is fetched first where none is held.
  func value() async throws(AgentError) -> Value {
    let id = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { wait(id, $0) }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
      waiter?.resume(returning: .failure(.callCancelled))
    }
    return try result.get()
  }

  /// Forgets the value that is held, if it is one of those; whoever needs it next has it fetched anew.
  func forget(where isMeant: (Value) -> Bool) {
    state.withLock { state in
      if let held = state.held, isMeant(held.value) { state.held = nil }
    }
  }

  private func wait(_ id: Int, _ waiter: Waiter) {
    let now = now()
    let (result, mustFetch) = state.withLock { state -> (Result<Value, AgentError>?, Bool) in
      if Task.isCancelled { return (.failure(.callCancelled), false) }  // its handler has found nobody to wake
      if let held = state.held, held.expiresAt.map({ now < $0 }) ?? true {
        let isDue = held.renewAt.map { now >= $0 } ?? false
        guard isDue, !state.isFetching else { return (.success(held.value), false) }
        state.isFetching = true
        return (.success(held.value), true)
      }
      state.held = nil
      state.waiters[id] = waiter
      guard !state.isFetching else { return (nil, false) }
      state.isFetching = true
      return (nil, true)
    }
    if let result { waiter.resume(returning: result) }
    if mustFetch { startFetch() }
  }

  /// A task of its own, since it outlives the caller that started it.
  private func startFetch() {
    Task {
      let result: Result<Fetched, AgentError>
      do throws(AgentError) {
        result = .success(try await fetch())
      } catch {
        result = .failure(error)
      }
      finish(result)
    }
  }

  private func finish(_ result: Result<Fetched, AgentError>) {
    let now = now()
    let waiters = state.withLock { state in
      state.isFetching = false
      switch result {
      case .success(let fetched):
        state.held = Held(
          value: fetched.value,
          expiresAt: fetched.validFor.map { now.advanced(by: $0) },
          renewAt: fetched.renewAfter.map { now.advanced(by: $0) }
        )
      case .failure:
        if state.held?.renewAt != nil { state.held?.renewAt = now.advanced(by: renewalPause) }
      }
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: result.map(\.value)) }
  }
}

extension AgentError {
  static let callCancelled = AgentError(.cancelled, "The call was cancelled.")
}
