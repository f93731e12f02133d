// SPDX-License-Identifier: Apache-2.0

import Dispatch
import TestSupport
import Testing

@testable import Kafka

/// Waiting for what may never end.
@Suite("Waiting for an end", .ownThreads())
struct WaitingTests {
  @Test("What ends is waited for")
  func ends() {
    #expect(waiting(.seconds(60)) {})
  }

  @Test("What does not end holds nobody up")
  func neverEnds() {
    let release = DispatchSemaphore(value: 0)
    #expect(!waiting(.milliseconds(1)) { release.wait() })
    release.signal()
  }
}
