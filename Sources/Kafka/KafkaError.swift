// SPDX-License-Identifier: Apache-2.0

/// What went wrong in a Kafka client, and what to do next.
///
/// Read ``recovery`` first: it is the only thing most callers have to decide on. ``description`` names the code, the
/// operation and the recovery, and is safe to log anywhere; ``debugDescription`` adds librdkafka's own text, which may
/// name topics, groups, transactional identifiers and broker addresses. Neither ever holds a configured secret.
public struct KafkaError: Error, Sendable, Equatable {
  /// librdkafka's error code: negative for the client's own, positive for a broker's.
  public var code: Code

  /// What was being done.
  public var operation: Operation

  /// What to do next.
  public var recovery: Recovery

  /// librdkafka's explanation, for people; not for logs that leave the operators' hands.
  public var detail: String

  /// Each refused property, when the operation was ``Operation/configure``.
  public var problems: [KafkaConfigurationProblem]

  /// Makes an error from its parts.
  public init(
    code: Code,
    operation: Operation,
    recovery: Recovery,
    detail: String = "",
    problems: [KafkaConfigurationProblem] = []
  ) {
    self.code = code
    self.operation = operation
    self.recovery = recovery
    self.detail = detail
    self.problems = problems
  }

  /// What to do after an error.
  public enum Recovery: String, Sendable, Hashable {
    /// The same call may be made again, after a pause; nothing has happened yet.
    case retry

    /// The running transaction cannot be committed: abort it, go back to the committed offsets, and go on.
    case abortTransaction

    /// The client is of no use any more, or nobody knows what the broker did: close it, make a new one (a transactional
    /// producer is fenced in by its `initTransactions`), read the committed offsets, and go on from there.
    case discardClient

    /// Trying again changes nothing: the request, the configuration or the permissions are wrong, or the thing that
    /// was asked for is no longer this client's to do.
    case none
  }

  /// The call that failed.
  public enum Operation: String, Sendable, Hashable {
    /// Checking the properties.
    case configure
    /// Creating a client.
    case create
    /// Closing a client.
    case close
    /// Registering a topic.
    case topic
    /// Subscribing to topics.
    case subscribe
    /// Assigning or unassigning partitions.
    case assign
    /// Receiving records.
    case poll
    /// Committing offsets outside a transaction.
    case commit
    /// Asking for committed offsets, positions, watermarks or offsets by time.
    case offsets
    /// Pausing, resuming or seeking.
    case flow
    /// Taking the group's metadata.
    case groupMetadata
    /// Asking for metadata.
    case metadata
    /// Enqueuing a record.
    case produce
    /// Delivering an enqueued record.
    case deliver
    /// Waiting for the enqueued records, or dropping them.
    case flush
    /// Making the producer the only one of its transactional identifier.
    case initTransactions
    /// Beginning a transaction.
    case beginTransaction
    /// Adding consumed offsets to a transaction.
    case sendOffsets
    /// Committing a transaction.
    case commitTransaction
    /// Aborting a transaction.
    case abortTransaction
    /// Administering topics.
    case administer
    /// Steering the in-process broker.
    case mockCluster
    /// Reading the client's statistics.
    case statistics
    /// What the client does by itself in the background.
    case background
  }
}

extension KafkaError: CustomStringConvertible, CustomDebugStringConvertible {
  /// The code, the operation and what to do next; free of names and values.
  public var description: String {
    var text = "Kafka \(operation.rawValue): \(code) (recovery: \(recovery.rawValue))"
    if !problems.isEmpty {
      text += ", \(problems.count) configuration problem\(problems.count == 1 ? "" : "s")"
    }
    return text
  }

  /// As ``description``, with librdkafka's explanation and each refused property.
  public var debugDescription: String {
    var text = description
    if !detail.isEmpty { text += ": \(detail)" }
    for problem in problems { text += "\n  \(problem)" }
    return text
  }
}
