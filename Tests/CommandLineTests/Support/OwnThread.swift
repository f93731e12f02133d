// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Runs what blocks on a thread of its own, so that the tests' pool stays free.
func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread { continuation.resume(with: Result { try body() }) }.start()
  }
}
