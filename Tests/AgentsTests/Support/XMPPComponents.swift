// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import PresenceModel
import TestSupport
import Testing

@testable import Agents

/// The file with the components' secret, for as long as a test runs.
private struct SecretFile {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("component-\(UUID()).secret")

  init(_ secret: String) throws { try Data("\(secret)\n".utf8).write(to: url) }

  func remove() throws { try FileManager.default.removeItem(at: url) }
}

/// An agent or a subscriber of these components, on a server on this machine.
func withComponent<Result>(
  port: Int,
  host: String = "127.0.0.1",
  components: String,
  secret: String = "component-secret",
  more: String = "",
  _ body: ([AgentConfiguration]) async throws -> Result
) async throws -> Result {
  let file = try SecretFile(secret)
  let list = try configurations(
    """
    - type: xmpp
      name: corp
      server: \(host):\(port)
      components: [\(components)]
      claims: [{scheme: "xmpp?", domain: corp.example}]
      credentials: {token: {file: "\(file.url.path)"}}
      \(more.contains("http:") ? "" : "http: {connectTimeout: 1m}")
      \(more)
    """
  )
  let result = try await body(list)
  try file.remove()
  return result
}

/// Runs a subscriber for as long as `body` does.
func running(
  _ list: [AgentConfiguration],
  _ body: (any PresenceSubscriber) async throws -> Void
) async throws {
  let subscriber = try AgentFactory.makeSubscribers(list)[0]
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { await subscriber.run() }
    try await body(subscriber)
    group.cancelAll()
  }
}

/// Two who watch with the same list of names: both are told.
///
/// - Parameter timeout: how long a probe waits; an answer that comes later counts as refused.
func sharingNames(port: Int, state: PresenceState = .offline, timeout: String) async throws {
  let names = "portal-1.corp.example, portal-2.corp.example"
  try await withComponent(port: port, components: names, more: "limits: {timeout: \(timeout)}") { list in
    try await running(list) { first in
      var firstReader = LiveReader(first)
      first.watch([try IMAddress("xmpp:jane@corp.example")])
      try await firstReader.reading(state)
      try await running(list) { second in
        var secondReader = LiveReader(second)
        second.watch([try IMAddress("xmpp:jane@corp.example")])
        try await secondReader.reading(state)
        for status in [first.status, second.status] {
          #expect(status.isConnected)
          #expect(status.refusals == [:])
        }
      }
    }
  }
}
