// SPDX-License-Identifier: Apache-2.0

/// The one mapping between keys and environment variables.
///
/// `PRESENCE_`, then the key with an underscore for each dot and before each capital letter, in capitals:
/// `enricher.commitInterval` is `PRESENCE_ENRICHER_COMMIT_INTERVAL`. What follows the name of a key that holds
/// librdkafka's properties is the property, with dots for underscores: `PRESENCE_KAFKA_PROPERTIES_SASL_MECHANISM` is
/// `sasl.mechanism` in `kafka.properties`.
public enum EnvironmentName {
  /// What all variables of the worker begin with.
  public static let prefix = "PRESENCE_"

  /// The variable that names the configuration file.
  public static let file = "PRESENCE_CONFIG"

  /// The variable of a key.
  public static func of(_ key: String) -> String {
    var name = prefix
    for character in key {
      if character == "." {
        name += "_"
      } else {
        if character.isUppercase { name += "_" }
        name += character.uppercased()
      }
    }
    return name
  }

  /// The variable of a librdkafka property under a key such as `kafka.properties`.
  static func property(_ property: String, under key: String) -> String {
    of(key) + "_" + property.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
  }

  /// The librdkafka property that a variable sets under a key; nil where it is not one of that key's.
  static func propertyName(of variable: String, under key: String) -> String? {
    let start = of(key) + "_"
    guard variable.hasPrefix(start), variable.count > start.count else { return nil }
    return variable.dropFirst(start.count).lowercased().map { $0 == "_" ? "." : String($0) }.joined()
  }

  /// Whether Kubernetes made the variable for a service named `presence-…`: `PRESENCE_WORKER_PORT=tcp://…`.
  ///
  /// It does that in every pod unless told otherwise; such a variable is no mistake of the operator.
  static func isServiceLink(_ variable: String, value: String) -> Bool {
    variable.hasSuffix("_SERVICE_HOST") || variable.contains("_SERVICE_PORT")
      || variable.contains("_PORT_") && (variable.contains("_TCP") || variable.contains("_UDP"))
      || variable.hasSuffix("_PORT") && value.contains("://")
  }
}
