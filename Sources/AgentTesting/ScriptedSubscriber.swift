// SPDX-License-Identifier: Apache-2.0

public import AgentKit
public import PresenceModel
import Synchronization

/// A subscriber that tells what a test has it tell.
public final class ScriptedSubscriber: PresenceSubscriber {
  /// What it claims.
  public let descriptor: AgentDescriptor
  /// What the test has posted.
  public let events = LiveEvents()
  private let addresses = Mutex<Set<IMAddress>>([])

  /// A subscriber that has nothing to tell.
  public init(_ descriptor: AgentDescriptor) { self.descriptor = descriptor }

  /// The addresses that are to be watched.
  public var watched: Set<IMAddress> { addresses.withLock { $0 } }

  /// How it stands.
  public var status: LiveStatus {
    let count = watched.count
    return LiveStatus(isConnected: true, watched: count, active: count)
  }

  /// Waits until its task is cancelled.
  public func run() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
    for await _ in stream {}  // ends with the task
    continuation.finish()
    events.finish()
  }

  /// Notes the addresses.
  public func watch(_ addresses: [IMAddress]) { self.addresses.withLock { $0.formUnion(addresses) } }

  /// Forgets the addresses.
  public func unwatch(_ addresses: [IMAddress]) {
    self.addresses.withLock { $0.subtract(addresses) }
    events.drop(addresses)
  }
}
