// SPDX-License-Identifier: Apache-2.0

import Logging

extension ConfigurationKey {
  static let instanceKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "instance.name",
      \.instance.name,
      .optional(.text("1 to 200 letters, digits, dots, underscores, hyphens", KafkaName.isInstance)),
      """
      A name that outlives a restart, such as a pod's. It makes the process a static member of its groups, so that a \
      restart within the session time-out moves no partition; two processes of one name fence each other. Without it \
      the host's name and a random suffix serve, and membership is not static.
      """
    ),
    ConfigurationKey(
      "instance.usesHostName",
      \.instance.usesHostName,
      .flag,
      """
      Whether the host's name serves as `instance.name` where that is not set. For hosts whose names are their own and \
      outlive a restart, such as the pods of a StatefulSet.
      """
    ),
    ConfigurationKey(
      "instance.leavesOnStop",
      \.instance.leavesOnStop,
      .flag,
      """
      Whether a worker with a name leaves its groups when it is stopped, so that others take its partitions at once \
      (scale-down). Else they wait for its return until the session times out (rolling restart). A worker without a \
      name always leaves.
      """
    ),
    ConfigurationKey(
      "roles",
      \.roles,
      .choices(atLeast: 1),
      "What this process does. Each role has its own consumer group and is scaled by its own lag."
    ),
  ]

  static let topicKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "topics.prefix",
      \.topics.prefix,
      .text("at most 200 letters, digits, dots, underscores, hyphens", KafkaName.isPrefix),
      "Put before the name of every topic, of every group and of every transactional id."
    ),
    ConfigurationKey(
      "topics.partitions",
      \.topics.partitions,
      .integer(1...10_000),
      "What `topics create` gives to the topics keyed by user. Fixed for the life of a prefix."
    ),
    ConfigurationKey(
      "topics.replicationFactor",
      \.topics.replicationFactor,
      .optional(.integer(1...32)),
      "What `topics create` asks for; without it the broker's `default.replication.factor` applies."
    ),
  ]

  static let kafkaKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "kafka.bootstrapServers",
      \.kafka.bootstrapServers,
      .texts("host:port", KafkaName.isBootstrapServer),
      "Where to find a first broker."
    ),
    ConfigurationKey(
      "kafka.properties",
      \.kafka.properties,
      .clientProperties,
      mayHoldSecrets: true,
      isOpen: true,
      "librdkafka's properties for every client. Unknown ones, and ones that would break a guarantee, are refused."
    ),
    ConfigurationKey(
      "kafka.consumer",
      \.kafka.consumer,
      .clientProperties,
      mayHoldSecrets: true,
      isOpen: true,
      "librdkafka's properties for consumers alone; they win over `kafka.properties`."
    ),
    ConfigurationKey(
      "kafka.producer",
      \.kafka.producer,
      .clientProperties,
      mayHoldSecrets: true,
      isOpen: true,
      "librdkafka's properties for producers alone; they win over `kafka.properties`."
    ),
  ]

  static let oauthKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "kafka.oauth.tokenEndpoint",
      \.kafka.oauth.tokenEndpoint,
      .optional(.text("an https URL", { $0.hasPrefix("https://") && $0.utf8.count > 8 })),
      "Where tokens for `sasl.mechanism: OAUTHBEARER` come from, by the client-credentials grant of OAuth 2.0."
    ),
    ConfigurationKey(
      "kafka.oauth.clientID",
      \.kafka.oauth.clientID,
      .optional(.text("not empty", { !$0.isEmpty })),
      "The worker's name at the token endpoint."
    ),
    ConfigurationKey(
      "kafka.oauth.clientSecretFile",
      \.kafka.oauth.clientSecretFile,
      .optional(.text("a path", { !$0.isEmpty })),
      "A file that holds its secret there; read for every token, so that a changed secret needs no restart."
    ),
    ConfigurationKey(
      "kafka.oauth.scope",
      \.kafka.oauth.scope,
      .optional(.text("not empty", { !$0.isEmpty })),
      "The scope to ask for; without it the endpoint decides."
    ),
    ConfigurationKey(
      "kafka.oauth.caFile",
      \.kafka.oauth.caFile,
      .optional(.text("a path", { !$0.isEmpty })),
      "A PEM file of the certificate authorities that vouch for the endpoint, instead of the system's."
    ),
    ConfigurationKey(
      "kafka.oauth.extensions",
      \.kafka.oauth.extensions,
      .optional(.texts("name=value", { $0.contains("=") && !$0.hasPrefix("=") })),
      "SASL extensions that go with a token, such as the names by which hosted clusters tell their tenants apart."
    ),
  ]

  static let resolverKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "resolver.waiting",
      \.resolver.waiting,
      .integer(100...10_000_000),
      isLive: true,
      "How many look-ups may wait in memory; beyond that the consumer pauses. One agent may hold as much as is free."
    ),
    ConfigurationKey(
      "resolver.waitingBytes",
      \.resolver.waitingBytes,
      .integer(1_048_576...17_179_869_184),
      isLive: true,
      "How many bytes of look-ups, with the requests that they carry, may wait in memory."
    ),
    ConfigurationKey(
      "resolver.commitInterval",
      \.resolver.commitInterval,
      .duration(.milliseconds(10)...(.seconds(60))),
      isLive: true,
      "How often the lowest unfinished offset of each partition is committed."
    ),
    ConfigurationKey(
      "resolver.drainBudget",
      \.resolver.drainBudget,
      .duration(.zero...(.seconds(300))),
      isLive: true,
      "How long calls under way may go on when partitions are revoked or the worker is stopped."
    ),
  ]

  static let bridgeKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "bridge.lease",
      \.bridge.lease,
      .duration(.seconds(10)...(.seconds(86_400))),
      isLive: true,
      """
      The longest lease that is published, whatever a network grants. Renewed when two thirds of it are over: what a \
      bridge said outlives its death by a third of it at least, within which another one has to take over.
      """
    ),
    ConfigurationKey(
      "bridge.interval",
      \.bridge.interval,
      .duration(.zero...(.seconds(60))),
      isLive: true,
      "How far apart the changes of one user are published in the long run; the last one always is. `0s` sets no limit."
    ),
    ConfigurationKey(
      "bridge.burst",
      \.bridge.burst,
      .integer(1...100),
      isLive: true,
      "How many changes of one user are published at once before `bridge.interval` counts."
    ),
    ConfigurationKey(
      "bridge.drainBudget",
      \.bridge.drainBudget,
      .duration(.zero...(.seconds(60))),
      "How long what is published may take to arrive when partitions are given up or the worker is stopped."
    ),
  ]

  static let chainKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "agents",
      \.agents,
      .document(type: "list of agents") { if case .sequence = $0.content { true } else { false } },
      mayHoldSecrets: true,
      isLive: true,
      """
      The presence network agents, in the order in which they are asked whether they claim an address; docs/AGENTS.md has \
      their types and keys.
      """
    ),
    ConfigurationKey(
      "enterprise",
      \.enterprise,
      .document(type: "mapping") { if case .mapping = $0.content { true } else { false } },
      mayHoldSecrets: true,
      isLive: true,
      "The enterprise connections, of which one is active; it answers for what no agent claims."
    ),
  ]

  static let logKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "log.level",
      \.log.level,
      .choice,
      isLive: true,
      "From which level on records are written."
    ),
    ConfigurationKey(
      "log.format",
      \.log.format,
      .choice,
      "`human` lines, coloured on a terminal; `json`, an object a line; `auto` is `human` on a terminal, else `json`."
    ),
  ]
}
