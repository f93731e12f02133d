// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ctrl-C and SIGTERM for commands that go on until they are told to stop.
enum Interrupt {
  private static let raised = Atomic(false)

  /// Whether a signal has come since `install`.
  static var isRaised: Bool { raised.load(ordering: .relaxed) }

  /// Raises the flag, as a signal would.
  static func raise() { raised.store(true, ordering: .relaxed) }

  /// From now on a signal raises the flag; a second one ends the process at once.
  static func install() {
    // Touched here, so that the handler, in which little is allowed, finds it made.
    raised.store(false, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if Interrupt.raised.exchange(true, ordering: .relaxed) { _exit(128 + number) }
      }
    }
  }
}
