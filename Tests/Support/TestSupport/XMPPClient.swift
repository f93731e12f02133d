// SPDX-License-Identifier: Apache-2.0

/// Real XMPP clients of `Tests/Support/xmpp_client.py`.
public enum XMPPClient {
  /// A client of `user@corp.example` that has a session with a server on 127.0.0.1.
  ///
  /// - Parameter options: further options of the script.
  public static func connect(
    _ user: String,
    port: Int,
    resource: String,
    options: [String] = []
  ) async throws -> ChildProcess {
    let client = try ChildProcess(
      Python.command(
        "xmpp_client.py",
        ["\(user)@corp.example", "secret", "127.0.0.1", "\(port)", "--resource", resource] + options
      )
    )
    try await client.expect("online")
    return client
  }
}

/// The numbers of the line `READY name=number name=number` that a server's `run.sh` writes.
struct ServerNumbers {
  private let words: [Substring]

  init(_ line: String) { words = line.split(separator: " ") }

  subscript(_ name: String) -> Int {
    get throws {
      let word = words.first { $0.hasPrefix("\(name)=") }
      guard let number = word.flatMap({ Int($0.dropFirst(name.count + 1)) }) else {
        throw ChildProcess.Failure("run.sh says nothing of \(name)")
      }
      return number
    }
  }
}
