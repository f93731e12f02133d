// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Standing subscriptions on a SIP presence server.
final class SIPSubscriber: PresenceSubscriber {
  /// What it is called and claims.
  let descriptor: AgentDescriptor
  private let client: SIPClient

  init(descriptor: AgentDescriptor, client: SIPClient) {
    self.descriptor = descriptor
    self.client = client
  }

  /// What the server tells.
  var events: LiveEvents { client.events }

  /// How it stands.
  var status: LiveStatus { client.status }

  /// Holds the subscriptions until the task is cancelled, then gives them back.
  func run() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
    for await _ in stream {}  // ends with the task
    continuation.finish()
    await client.close()
    events.finish()
  }

  /// Watches these addresses, too.
  func watch(_ addresses: [IMAddress]) { client.watch(addresses) }

  /// Watches these addresses no more.
  func unwatch(_ addresses: [IMAddress]) { client.unwatch(addresses) }
}
