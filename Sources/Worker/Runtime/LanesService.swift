// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle

/// Runs all lanes of a process as one service, so that they are stopped together and drain side by side: one after the
/// other, each with the whole budget, they could take longer than a supervisor waits.
struct LanesService: Service {
  let lanes: [LaneService]

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in lanes { group.addTask { try await lane.run() } }
      try await group.waitForAll()
    }
  }
}

extension LanesService: CustomStringConvertible {
  /// What a service group logs of the service: not what it holds, which may be secret.
  var description: String { "LanesService" }
}
