// SPDX-License-Identifier: Apache-2.0

import Foundation
import ServiceLifecycle
import Synchronization

/// A loop on a thread of its own, with the life of a service: librdkafka's calls block, which the cooperative pool must
/// not.
final class DedicatedThread: Sendable {
  private struct State {
    var isStopping = false
    var hasEnded = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let name: String
  private let state = Mutex(State())

  init(name: String) { self.name = name }

  /// Whether the loop is to end.
  var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Lets the loop end at its next look at `isStopping`.
  func stop() { state.withLock { $0.isStopping = true } }

  /// Runs `body`, which looks at `isStopping` between its turns, and returns when it has ended. A graceful shutdown or a
  /// cancellation stops it.
  func run(_ body: @escaping @Sendable (DedicatedThread) -> Void) async {
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await withCheckedContinuation { continuation in
          state.withLock { $0.waiter = continuation }
          let thread = Thread { [self] in
            body(self)
            let waiter = state.withLock { state in
              state.hasEnded = true
              let waiter = state.waiter
              state.waiter = nil
              return waiter
            }
            waiter?.resume()
          }
          thread.name = name
          thread.stackSize = 4 << 20
          thread.start()
        }
      } onGracefulShutdown: {
        self.stop()
      }
    } onCancel: {
      self.stop()
    }
  }
}
