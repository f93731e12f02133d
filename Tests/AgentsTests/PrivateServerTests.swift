// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What the scripts of the private servers share, `Tests/Support/private_server.sh`.
@Suite(.timeLimit(.minutes(20)))
struct PrivateServerTests {
  private static let script = """
    set -euo pipefail
    source "$0"
    private_server test
    sleep "$1" &
    server=$!
    echo "$server"
    while [ "$2" = late ] && kill -0 "$server" 2>/dev/null; do pause; done
    live
    echo "done $status"
    """

  private func start(seconds: Int, _ waiting: String = "at once") async throws -> (process: ChildProcess, server: pid_t)
  {
    let shared = Python.scripts.appendingPathComponent("private_server.sh").path
    let process = try ChildProcess(["bash", "-c", Self.script, shared, "\(seconds)", waiting])
    let line = try await process.line()
    return (process, try #require(pid_t(line)))
  }

  @Test(
    "A script whose server ends by itself ends with it, while its input is open",
    arguments: ["at once", "late"]
  )
  func serverEnds(waiting: String) async throws {
    let (process, _) = try await start(seconds: 0, waiting)
    #expect(try await process.waitUntilExit() == .status(0))
    #expect(process.transcript.last == "done 0")
    try await process.stop()  // its input was open until here
  }

  @Test("A script whose input ends takes its server along")
  func inputEnds() async throws {
    let (process, server) = try await start(seconds: 3_600)
    #expect(kill(server, 0) == 0)
    #expect(try await process.stop() == .status(0))
    #expect(kill(server, 0) == -1)
  }
}
