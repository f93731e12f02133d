// SPDX-License-Identifier: Apache-2.0

public import Kafka

extension WorkerConfiguration.Kafka {
  /// The configuration of clients that are neither consumer nor producer of the worker's: `kafka.properties` alone.
  public var clientConfiguration: KafkaConfiguration { configuration(properties) }

  /// The configuration of consumers.
  public var consumerConfiguration: KafkaConfiguration { configuration(consumerProperties) }

  /// The configuration of producers.
  public var producerConfiguration: KafkaConfiguration { configuration(producerProperties) }

  private func configuration(_ properties: ClientProperties) -> KafkaConfiguration {
    var configuration = KafkaConfiguration(bootstrapServers: bootstrapServers.joined(separator: ","))
    configuration.tokenProvider = tokenProvider
    return configuration.merging(properties.revealed())
  }

  /// What librdkafka, or the worker's guarantees, have against the properties; secrets are not shown.
  func problems() -> [ConfigurationProblem] {
    [("properties", properties), ("consumer", consumer), ("producer", producer)].flatMap { section, properties in
      KafkaConfiguration(properties.revealed()).problems().map { problem in
        ConfigurationProblem(
          key: "kafka.\(section).\(problem.property)",
          value: properties.plain[problem.property],
          expected: problem.reason
        )
      }
    }
  }
}
