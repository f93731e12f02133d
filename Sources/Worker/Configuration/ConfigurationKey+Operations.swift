// SPDX-License-Identifier: Apache-2.0

extension ConfigurationKey {
  static let httpKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "http.enabled",
      \.http.enabled,
      .flag,
      "Whether metrics, health and status can be asked for over HTTP."
    ),
    ConfigurationKey(
      "http.address",
      \.http.address,
      .text("a host's name or address") { !$0.isEmpty && $0.utf8.count <= 253 && !$0.contains { $0.isWhitespace } },
      "Where to listen. The default can be reached from this machine alone; `0.0.0.0` opens it to the network."
    ),
    ConfigurationKey(
      "http.port",
      \.http.port,
      .optional(.integer(0...65_535)),
      """
      The port; `0` is any free one, which the log names. Without it the port is 9464, and any free one where another \
      process has that.
      """
    ),
    ConfigurationKey(
      "http.token",
      \.http.token,
      .optional(.secret(fileKey: "http.tokenFile")),
      mayHoldSecrets: true,
      "What has to be sent as `Authorization: Bearer …` for everything but health; for the environment alone."
    ),
    ConfigurationKey(
      "http.tokenFile",
      \.http.tokenFile,
      .optional(.text("the path of a file") { !$0.isEmpty }),
      "A file that holds that token; it is read at the start."
    ),
  ]

  static let healthKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "health.stallLimit",
      \.health.stallLimit,
      .duration(.seconds(10)...(.seconds(3_600))),
      """
      For how long a thread may be in one turn before `/health/live` says no. A turn holds calls to the brokers with \
      time-outs of their own; in an outage it takes up to a minute.
      """
    ),
    ConfigurationKey(
      "health.unreadyAfter",
      \.health.unreadyAfter,
      .duration(.seconds(1)...(.seconds(600))),
      """
      For how long a lane may be between assignments, or without an answer of the brokers, before `/health/ready` says \
      no.
      """
    ),
  ]
}

extension ConfigurationForm where Value == Secret {
  /// A secret, which the environment alone may give; `fileKey` names a file that holds it.
  static func secret(fileKey: String) -> Self {
    Self(type: "text", range: "at least 1 character") { input, _ throws(ConfigurationMisfits) in
      guard case .environment = input.origin else {
        let expected = "a secret does not belong here; set \(fileKey) to a path, or \(EnvironmentName.of(input.key))"
        throw ConfigurationMisfits([ConfigurationMisfits.Misfit(expected: expected)])
      }
      guard let text = input.node.text, !text.isEmpty else {
        throw ConfigurationMisfits([ConfigurationMisfits.Misfit(expected: "expected a text")])
      }
      return Secret(text)
    } render: {
      "\($0)"
    }
  }
}
