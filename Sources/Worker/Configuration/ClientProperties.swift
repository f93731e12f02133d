// SPDX-License-Identifier: Apache-2.0

/// librdkafka's configuration properties by its own names, those that hold secrets kept apart.
public struct ClientProperties: Sendable, Equatable {
  /// Values that may be shown.
  public var plain: [String: String] = [:]
  /// Values that may not.
  public var secrets: [String: Secret] = [:]

  /// No properties.
  public init() {}

  /// Properties without secrets.
  public init(plain: [String: String]) { self.plain = plain }

  /// Whether there is none.
  public var isEmpty: Bool { plain.isEmpty && secrets.isEmpty }

  /// All names, sorted.
  public var names: [String] { (Array(plain.keys) + Array(secrets.keys)).sorted() }

  /// Names and values, secrets included: to be handed to a client and to nothing else.
  public func revealed() -> [String: String] {
    plain.merging(secrets.mapValues { $0.reveal() }) { _, secret in secret }
  }

  /// These properties with others on top.
  public func overlaid(by others: ClientProperties) -> ClientProperties {
    var result = self
    for (name, value) in others.plain { result.set(name, to: value) }
    for (name, value) in others.secrets { result.set(name, to: value) }
    return result
  }

  /// Sets a value that may be shown.
  public mutating func set(_ name: String, to value: String) {
    secrets[name] = nil
    plain[name] = value
  }

  /// Sets a value that may not be shown.
  public mutating func set(_ name: String, to value: Secret) {
    plain[name] = nil
    secrets[name] = value
  }

  /// The properties of librdkafka whose values are secrets.
  ///
  /// They are refused in the configuration file and on the command line, where they would be seen, and are read from
  /// the environment, or from a file that `nameFile` names (`sasl.passwordFile: /run/secrets/kafka`).
  public static let secretNames: Set<String> = [
    "sasl.password", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config", "ssl.key.password", "ssl.key.pem",
    "ssl.keystore.password",
  ]

  /// The properties that the worker sets itself, with the key that they follow from; `""` where there is none.
  public static let ownedNames: [String: String] = [
    "bootstrap.servers": "kafka.bootstrapServers",
    "metadata.broker.list": "kafka.bootstrapServers",
    "client.id": "instance.name",
    "group.instance.id": "instance.name",
    "group.id": "topics.prefix",
    "transactional.id": "",
    "session.timeout.ms": "enricher.sessionTimeout",
    "max.poll.interval.ms": "enricher.maxPollInterval",
    "transaction.timeout.ms": "enricher.transactionTimeout",
    "log_level": "log.level",
  ]
}

extension WorkerConfiguration.Kafka {
  /// What a consumer is configured with, from `properties` and `consumer`.
  public var consumerProperties: ClientProperties { properties.overlaid(by: consumer) }

  /// What a producer is configured with, from `properties` and `producer`.
  public var producerProperties: ClientProperties { properties.overlaid(by: producer) }
}
