// SPDX-License-Identifier: Apache-2.0

public import Foundation
import Synchronization

extension Process {
  /// Starts the program while no other one is started, and with no signal blocked.
  ///
  /// Foundation sees that a program has ended when a socket is closed that the program holds; a program that is started in
  /// the same moment would inherit it, and the end of the one would show at the end of the other alone. And a program
  /// inherits what the thread blocks that starts it: threads of tests block SIGTERM among others, so that the program could
  /// not be told to end.
  public func runOneAtATime() throws {
    try starts.withLock { _ in
      var none = sigset_t()
      var previous = sigset_t()
      sigemptyset(&none)
      pthread_sigmask(SIG_SETMASK, &none, &previous)
      defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }
      try run()
    }
  }
}

private let starts = Mutex(())
