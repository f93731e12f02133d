// SPDX-License-Identifier: Apache-2.0

public import Kafka
import Synchronization

/// The last statistics of each of the worker's Kafka clients, by what the client is for.
///
/// Clients are told apart by their role and not by librdkafka's names for them, which are new ones after each
/// reconnection.
public final class ClientVitals: Sendable {
  /// What a client is for.
  public struct Role: Hashable, Sendable, Comparable {
    /// Whose it is, such as `lane-0` or `resolver`.
    public var owner: String
    /// What it does there: `consumer`, `producer` or `restore`.
    public var client: String

    /// In the order of owners, then of clients.
    public static func < (left: Role, right: Role) -> Bool {
      (left.owner, left.client) < (right.owner, right.client)
    }
  }

  private let statistics = Mutex<[Role: KafkaStatistics]>([:])

  /// How often librdkafka tells, unless `statistics.interval.ms` is set.
  static let interval = "15000"

  /// The last statistics of each client that has told any.
  public var all: [Role: KafkaStatistics] { statistics.withLock { $0 } }

  /// An observer that hands on to another one and keeps statistics here.
  func observer(_ owner: String, _ client: String, _ other: KafkaObserver) -> KafkaObserver {
    var observer = other
    let role = Role(owner: owner, client: client)
    observer.statistics = { [self] new in statistics.withLock { $0[role] = new } }
    return observer
  }

  /// Forgets the clients of an owner that has given them up.
  func forget(_ owner: String) { statistics.withLock { all in all = all.filter { $0.key.owner != owner } } }
}
