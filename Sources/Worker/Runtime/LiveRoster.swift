// SPDX-License-Identifier: Apache-2.0

public import AgentKit

/// The subscribers of one version of the configuration, ready to watch for a bridge.
public final class LiveRoster: Sendable {
  /// Who claims what, subscribers or not.
  public let directory: AgentDirectory
  /// The subscribers of the agents whose networks tell by themselves.
  public let subscribers: [any PresenceSubscriber]

  /// A roster; whoever gets it runs the subscribers.
  public init(directory: AgentDirectory, subscribers: [any PresenceSubscriber]) {
    self.directory = directory
    self.subscribers = subscribers
  }

  /// The claims as a bridge needs them.
  var claims: BridgeClaims { BridgeClaims(directory, live: Set(subscribers.map(\.descriptor.name))) }

  /// Runs the subscribers until it is cancelled and they have given their subscriptions back; what they tell goes into
  /// the inbox.
  func run(into inbox: BridgeInbox) async {
    await withDiscardingTaskGroup { group in
      for subscriber in subscribers {
        group.addTask { await subscriber.run() }
        group.addTask { [self] in
          for await events in subscriber.events {
            await inbox.leave(BridgeInbox.Batch(roster: self, source: subscriber.descriptor.name, events: events))
          }
        }
      }
    }
  }
}
