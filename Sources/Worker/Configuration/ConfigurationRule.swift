// SPDX-License-Identifier: Apache-2.0

import Kafka

/// What several values must fulfil together.
struct ConfigurationRule: Sendable {
  /// The keys that it speaks of; the first is the one that a problem names.
  let keys: [String]
  /// What would be right; nil where the values fit.
  let expectation: @Sendable (WorkerConfiguration) -> String?

  static let all: [ConfigurationRule] = [
    // A transaction that outlives its member's session could still commit after the partitions went to another.
    ConfigurationRule(keys: ["enricher.transactionTimeout", "enricher.sessionTimeout"]) { configuration in
      let enricher = configuration.enricher
      guard enricher.transactionTimeout >= enricher.sessionTimeout else { return nil }
      return "must be below enricher.sessionTimeout (\(DurationText.render(enricher.sessionTimeout)))"
    },
    // librdkafka refuses it, and a lane could be put out for being slow before it was found to be dead.
    ConfigurationRule(keys: ["enricher.sessionTimeout", "enricher.maxPollInterval"]) { configuration in
      let enricher = configuration.enricher
      guard enricher.sessionTimeout >= enricher.maxPollInterval else { return nil }
      return "must be below enricher.maxPollInterval (\(DurationText.render(enricher.maxPollInterval)))"
    },
    // From half the time-out on a transaction takes no input; the interval must come first.
    ConfigurationRule(keys: ["enricher.commitInterval", "enricher.transactionTimeout"]) { configuration in
      let enricher = configuration.enricher
      guard enricher.commitInterval * 2 > enricher.transactionTimeout else { return nil }
      let timeout = DurationText.render(enricher.transactionTimeout)
      return "must be at most half of enricher.transactionTimeout (\(timeout))"
    },
    ConfigurationRule(keys: ["enricher.drainBudget", "enricher.transactionTimeout"]) { configuration in
      let enricher = configuration.enricher
      guard enricher.drainBudget >= enricher.transactionTimeout else { return nil }
      let timeout = DurationText.render(enricher.transactionTimeout)
      return "must be below enricher.transactionTimeout (\(timeout)), after which the broker aborts anyway"
    },
    // The last third of a lease is what a successor has: the group notices the death in the first half of that.
    ConfigurationRule(keys: ["bridge.lease", "enricher.sessionTimeout"]) { configuration in
      guard configuration.roles.contains(.bridge) else { return nil }
      let session = configuration.enricher.sessionTimeout
      guard configuration.bridge.lease < session * 6 else { return nil }
      return "must be at least six times enricher.sessionTimeout (\(DurationText.render(session)))"
    },
    ConfigurationRule(keys: ["kafka.oauth.tokenEndpoint", "kafka.properties"]) { configuration in
      let wantsTokens = configuration.kafka.clientConfiguration.wantsTokens
      guard wantsTokens != (configuration.kafka.oauth.tokenEndpoint != nil) else { return nil }
      return wantsTokens
        ? "must be set where kafka.properties say sasl.mechanism: OAUTHBEARER"
        : "is of use only with sasl.mechanism: OAUTHBEARER in kafka.properties"
    },
    ConfigurationRule(keys: ["kafka.oauth.clientID", "kafka.oauth.tokenEndpoint"]) { configuration in
      let oauth = configuration.kafka.oauth
      return oauth.tokenEndpoint != nil && oauth.clientID == nil ? "must be set with kafka.oauth.tokenEndpoint" : nil
    },
    ConfigurationRule(keys: ["kafka.oauth.clientSecretFile", "kafka.oauth.tokenEndpoint"]) { configuration in
      let oauth = configuration.kafka.oauth
      guard oauth.tokenEndpoint != nil, oauth.clientSecretFile == nil else { return nil }
      return "must be set with kafka.oauth.tokenEndpoint"
    },
    // Interest that ends before the state expires would never refresh anybody.
    ConfigurationRule(keys: ["presence.interest", "presence.freshness"]) { configuration in
      let presence = configuration.presence
      guard presence.interest != .zero, presence.interest < presence.freshness else { return nil }
      return "must be 0s or at least presence.freshness (\(DurationText.render(presence.freshness)))"
    },
    ConfigurationRule(keys: ["http.tokenFile", "http.token"]) { configuration in
      guard configuration.http.token != nil, configuration.http.tokenFile != nil else { return nil }
      return "must not be set beside http.token: keep one of them"
    },
    ConfigurationRule(keys: ["health.unreadyAfter", "health.stallLimit"]) { configuration in
      let health = configuration.health
      guard health.unreadyAfter > health.stallLimit else { return nil }
      return "must be at most health.stallLimit (\(DurationText.render(health.stallLimit)))"
    },
    ConfigurationRule(keys: ["contact.duplicateWindow"]) { configuration in
      let window = configuration.contact.duplicateWindow
      guard let requests = LogTopic.contactRequests.retention,
        let outcomes = LogTopic.contactOutcomes.retention, window <= requests || window >= outcomes
      else { return nil }
      return """
        must be longer than contact.requests is kept (\(DurationText.render(requests))), and shorter than \
        contact.outcomes is (\(DurationText.render(outcomes)))
        """
    },
  ]
}

extension WorkerConfiguration {
  /// What does not fit together; empty where everything does.
  ///
  /// Ranges of single values are the loader's business: this is about values that are each in order.
  public func problems() -> [ConfigurationProblem] {
    problems(exceptFor: [])
  }

  /// As `problems()`, without the rules that speak of keys whose own values were wrong already.
  func problems(exceptFor broken: Set<String>) -> [ConfigurationProblem] {
    ConfigurationRule.all.compactMap { rule in
      guard broken.isDisjoint(with: rule.keys), let expected = rule.expectation(self) else { return nil }
      let value = ConfigurationKey.all.first { $0.name == rule.keys[0] }?.value(in: self)
      return ConfigurationProblem(key: rule.keys[0], value: value, expected: expected)
    }
  }
}
