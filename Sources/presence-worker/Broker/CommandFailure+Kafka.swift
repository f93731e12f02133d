// SPDX-License-Identifier: Apache-2.0

import Kafka

extension CommandFailure {
  /// What a Kafka error means for whoever typed a command, and what to do.
  init(_ error: KafkaError, doing what: String, at address: String, complaint: String?) {
    let reason = complaint ?? (error.detail.isEmpty ? "\(error.code)" : error.detail)
    switch error.code {
    case .transport, .allBrokersDown, .timedOut, .requestTimedOut, .messageTimedOut, .networkException:
      self.init(
        .unavailable,
        "cannot \(what): no answer from \(address) (\(reason))",
        advice: "Is the broker running there? kafka.bootstrapServers (--bootstrap-servers) says where it is."
      )
    case .authentication:
      self.init(
        .unavailable,
        "cannot \(what): \(address) does not accept the credentials (\(reason))",
        advice: "See sasl.* and ssl.* in kafka.properties, and sasl.passwordFile for the password."
      )
    case .topicAuthorizationFailed, .groupAuthorizationFailed:
      self.init(
        .unavailable,
        "cannot \(what): \(address) does not allow it (\(reason))",
        advice: "The principal needs an ACL for that; docs/CONFIGURATION.md names its keys."
      )
    case .unknownTopic, .unknownTopicOrPartition, .unknownPartition:
      self.init(
        .unavailable,
        "cannot \(what): \(address) has no such topic (\(reason))",
        advice: "`presence-worker topics create` makes the topics."
      )
    case .invalidArgument where error.operation == .configure:
      self.init(.configuration, "cannot \(what): \(error.debugDescription)")
    case .unsupportedFeature:
      self.init(
        .unavailable,
        "cannot \(what): \(address) does not know how to (\(reason))",
        advice: "A broker inside of the worker has no administration; it makes its topics itself."
      )
    default:
      let status: Status = error.recovery == .retry ? .temporary : .unavailable
      let advice = error.recovery == .retry ? "It may work in a moment." : ""
      self.init(status, "cannot \(what) at \(address): \(error.code) (\(reason))", advice: advice)
    }
  }
}
