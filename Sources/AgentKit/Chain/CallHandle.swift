// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Synchronization

/// One running call, so that it can be cancelled alone; cancelling before the start is remembered.
final class CallHandle: Sendable {
  typealias Answers = [IMAddress: AgentAnswer]

  private struct State {
    var isCancelled = false
    var task: Task<Result<Answers, AgentError>, Never>?
  }

  private let state = Mutex(State())

  /// Makes the call; cancelling the calling task cancels it, too.
  func run(
    _ agent: any PresenceAgent,
    _ addresses: [IMAddress],
    timeout: Duration
  ) async -> Result<Answers, AgentError> {
    let task: Task<Result<Answers, AgentError>, Never>? = state.withLock { state in
      guard !state.isCancelled else { return nil }
      let task = Task {
        do throws(AgentError) {
          return Result<Answers, AgentError>.success(try await agent.presence(of: addresses, timeout: timeout))
        } catch {
          return .failure(error)
        }
      }
      state.task = task
      return task
    }
    guard let task else { return .failure(AgentError(.cancelled, "The call was cancelled before it started.")) }
    return await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }
  }

  func cancel() {
    let task = state.withLock { state in
      state.isCancelled = true
      return state.task
    }
    task?.cancel()
  }
}
