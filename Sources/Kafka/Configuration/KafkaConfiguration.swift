// SPDX-License-Identifier: Apache-2.0

/// librdkafka's properties, by librdkafka's own names, for every client of a process.
///
/// Everything that tunes or secures a connection passes through; see librdkafka's `CONFIGURATION.md` for names, types
/// and ranges. What a client needs to keep its guarantees it sets itself, and such a property is refused here with the
/// reason (see ``problems()``). Values of secret properties appear in no description and in no error.
public struct KafkaConfiguration: Sendable, Equatable {
  /// The properties as given.
  public var properties: [String: String]

  /// Gives tokens to clients whose `sasl.mechanism` is OAUTHBEARER; others do not ask it.
  public var tokenProvider: KafkaTokenProvider?

  /// Takes properties; nothing is checked yet.
  public init(_ properties: [String: String] = [:], tokenProvider: KafkaTokenProvider? = nil) {
    self.properties = properties
    self.tokenProvider = tokenProvider
  }

  /// The configuration of a client of one broker list and nothing else.
  public init(bootstrapServers: String) {
    self.init(["bootstrap.servers": bootstrapServers])
  }

  /// This configuration with some properties added or replaced.
  public func merging(_ other: [String: String]) -> KafkaConfiguration {
    KafkaConfiguration(properties.merging(other) { _, new in new }, tokenProvider: tokenProvider)
  }

  /// This configuration on top of defaults, which it replaces where it says something else.
  public func over(_ defaults: [String: String]) -> KafkaConfiguration {
    KafkaConfiguration(defaults.merging(properties) { _, own in own }, tokenProvider: tokenProvider)
  }

  /// Whether clients authenticate with tokens.
  public var wantsTokens: Bool {
    (properties["sasl.mechanisms"] ?? properties["sasl.mechanism"])?.uppercased() == "OAUTHBEARER"
  }

  /// Whether a property's value must not be shown.
  public static func isSecret(_ property: String) -> Bool {
    secrets.contains(property) || property.hasSuffix(".password") || property.hasSuffix(".secret")
  }

  private static let secrets: Set<String> = [
    "sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password", "sasl.oauthbearer.config",
    "sasl.oauthbearer.client.secret", "ssl_key", "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.private.key.pem",
  ]
}

extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The properties in order of their names, secrets hidden.
  public var description: String {
    "[" + shown.map { "\($0.key)=\($0.value)" }.joined(separator: ", ") + "]"
  }

  /// As ``description``.
  public var debugDescription: String { description }

  /// As ``description``, so that `dump` shows no secret either.
  public var customMirror: Mirror {
    Mirror(self, children: shown.map { (label: $0.key, value: $0.value) }, displayStyle: .struct)
  }

  private var shown: [(key: String, value: String)] {
    properties.sorted { $0.key < $1.key }.map { ($0.key, Self.isSecret($0.key) ? "<secret>" : $0.value) }
  }
}

/// One property that cannot be used, and why.
public struct KafkaConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
  /// The property's name.
  public var property: String

  /// The value given, or nil for a secret.
  public var value: String?

  /// What is wrong with it and what would be right.
  public var reason: String

  /// Makes a problem; the value of a secret property is dropped.
  public init(property: String, value: String?, reason: String) {
    self.property = property
    self.value = KafkaConfiguration.isSecret(property) ? nil : value
    self.reason = reason
  }

  /// The property, its value unless it is secret, and the reason.
  public var description: String {
    "\(property)\(value.map { "=\($0)" } ?? ""): \(reason)"
  }
}
