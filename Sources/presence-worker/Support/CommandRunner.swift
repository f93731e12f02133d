// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Parses and runs a command, and turns what it throws into a message and an exit status.
enum CommandRunner {
  /// Runs the command of this process's arguments and ends the process.
  static func run(_ root: (some AsyncParsableCommand).Type) async {
    // A pipe that nobody reads any more is an error of one write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try root.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let failure as CommandFailure {
      Terminal.writeError(failure.text)
      exit(failure.status.rawValue)
    } catch {
      // Help, versions and wrong usage: the parser knows what to print and that wrong usage is 64.
      root.exit(withError: error)
    }
  }
}
