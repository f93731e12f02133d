// SPDX-License-Identifier: Apache-2.0

import Kafka

extension CommandFailure {
  /// What a Kafka error means for whoever typed a command, and what to do.
  init(_ error: KafkaError, doing what: String, at address: String, complaint: String?) {
    let reason = complaint ?? (error.detail.isEmpty ? "\(error.code)" : error.detail)
    switch error.code {
    case let code where Self.isSilence(code) && Self.isAboutCredentials(reason):
      self.init(
        .unavailable,
        "cannot \(what): \(address) does not accept the credentials (\(reason))",
        advice: "docs/SECURITY.md has a configuration that works for each mechanism, and what their errors mean."
      )
    case let code where Self.isSilence(code) && reason.contains("SSL"):
      self.init(
        .unavailable,
        "cannot \(what): there is no TLS connection to \(address) (\(reason))",
        advice: "See ssl.* and security.protocol in kafka.properties; docs/SECURITY.md says what its errors mean."
      )
    case let code where Self.isSilence(code):
      self.init(
        .unavailable,
        "cannot \(what): no answer from \(address) (\(reason))",
        advice: "Is the broker running there? kafka.bootstrapServers (--bootstrap-servers) says where it is."
      )
    case .authentication:
      self.init(
        .unavailable,
        "cannot \(what): \(address) does not accept the credentials (\(reason))",
        advice: "docs/SECURITY.md has a configuration that works for each mechanism, and what their errors mean."
      )
    case .topicAuthorizationFailed, .groupAuthorizationFailed:
      self.init(
        .unavailable,
        "cannot \(what): \(address) does not allow it (\(reason))",
        advice: "The principal needs an ACL for that: `presence-worker topics acls` writes them."
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

  /// Whether nobody answered: what a client says of it, once it has tried, tells why.
  private static func isSilence(_ code: KafkaError.Code) -> Bool {
    [.transport, .allBrokersDown, .timedOut, .requestTimedOut, .messageTimedOut, .networkException].contains(code)
  }

  private static func isAboutCredentials(_ reason: String) -> Bool {
    ["uthenticat", "token", "kafka.oauth"].contains { reason.contains($0) }
  }
}
