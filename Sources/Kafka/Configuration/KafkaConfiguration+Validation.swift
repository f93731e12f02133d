// SPDX-License-Identifier: Apache-2.0

extension KafkaConfiguration {
  /// Every property that cannot be used, in order of names: what librdkafka does not know or does not accept, with its
  /// own words, and what would break a guarantee, with ours.
  ///
  /// Needs no broker. A few things only the creation of a client can find, such as a certificate that is not there.
  public func problems() -> [KafkaConfigurationProblem] {
    let scratch = ConfigurationHandle()
    return properties.sorted { $0.key < $1.key }.compactMap { property, value in
      let reason = Self.refusal(of: property, value: value) ?? scratch.set(property, value)
      return reason.map { KafkaConfigurationProblem(property: property, value: value, reason: $0) }
    }
  }

  /// Throws one error with all ``problems()``, if there are any.
  public func validate() throws(KafkaError) {
    let problems = problems()
    guard problems.isEmpty else {
      throw KafkaError(
        code: .invalidArgument,
        operation: .configure,
        recovery: .none,
        detail: "properties that cannot be used",
        problems: problems
      )
    }
  }

  /// Why a property, or this value of it, may not be set from outside; nil where it may.
  static func refusal(of property: String, value: String) -> String? {
    if let reason = reserved[property] { return reason }
    let value = value.lowercased()
    switch property {
    case "enable.idempotence" where value != "true":
      return "must stay true: without it a retried request writes a record twice or out of order"
    case "acks", "request.required.acks":
      return value == "all" || value == "-1" ? nil : "must stay all: a record that a failover loses was never written"
    case "max.in.flight", "max.in.flight.requests.per.connection":
      return (Int(value) ?? 6) <= 5 ? nil : "must be at most 5: beyond it an idempotent producer's order is lost"
    case "retries", "message.send.max.retries":
      return (Int(value) ?? 0) > 0 ? nil : "must be more than 0: an idempotent producer has to be able to retry"
    case "queue.buffering.backpressure.threshold":
      return (Int(value) ?? 1) <= 1 ? nil : "must be at most 1: librdkafka allows an idempotent producer no more"
    case "queuing.strategy":
      return value == "fifo" ? nil : "must be fifo: an idempotent producer sends in order"
    case "partitioner":
      return value == "murmur2_random" ? nil : "must be murmur2_random, as in Java: topics are co-partitioned"
    default:
      return nil
    }
  }

  private static let reserved: [String: String] = [
    "enable.auto.commit": "set by the client: offsets are committed when their outputs are",
    "auto.commit.enable": "set by the client: offsets are committed when their outputs are",
    "enable.auto.offset.store": "set by the client: offsets are committed when their outputs are",
    "isolation.level": "set by the client: read_committed, except where uncommitted records are wanted",
    "partition.assignment.strategy": "set by the client: range, so that topics are co-partitioned",
    "group.protocol": "set by the client: classic, the only one that every supported version speaks",
    "transactional.id": "set by the client: it must be unique per producer",
    "group.id": "set by the client: the group belongs to what is subscribed to",
    "group.instance.id": "set by the client: it must be unique per member",
    "client.id": "set by the client: it keeps the order of a group's members stable",
    "enable.partition.eof": "set by the client: only the end of a partition tells offsets behind commit markers",
    "auto.offset.reset": "set by the client: each knows where it may begin",
    "delivery.report.only.error": "set by the client: the offsets of delivered records are needed",
    "log.queue": "set by the client: logs go to its observer",
    "enable.random.seed": "set by the client",
    "test.mock.num.brokers": "would replace the brokers by a cluster of this client's own",
  ]
}
