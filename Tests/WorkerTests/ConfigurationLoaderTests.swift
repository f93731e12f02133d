// SPDX-License-Identifier: Apache-2.0

import Kafka
import Testing

@testable import Worker

/// A loader of sources that are all written down in the test.
private func loader(
  file: String? = nil,
  environment: [String: String] = [:],
  options: [ConfigurationLoader.Option] = [],
  secrets: [String: String] = [:]
) -> ConfigurationLoader {
  var loader = ConfigurationLoader()
  loader.file = file.map { ("worker.yaml", $0) }
  loader.environment = environment
  loader.options = options
  loader.readFile = { path throws(ConfigurationFileError) in
    guard let text = secrets[path] else { throw ConfigurationFileError(reason: "No such file or directory") }
    return text
  }
  return loader
}

private func problems(
  file: String? = nil,
  environment: [String: String] = [:],
  options: [ConfigurationLoader.Option] = [],
  secrets: [String: String] = [:]
) -> [String] {
  do throws(ConfigurationError) {
    _ = try loader(file: file, environment: environment, options: options, secrets: secrets).load()
    return []
  } catch {
    return error.problems.map(\.description)
  }
}

@Suite("Configuration: sources and precedence")
struct ConfigurationPrecedenceTests {
  @Test("without any source the defaults are in effect")
  func defaults() throws {
    #expect(try loader().load().configuration == WorkerConfiguration())
  }

  @Test("the command line wins over the environment, that over the file, that over the default")
  func precedence() throws {
    let file = "enricher: {lanes: 2, commitInterval: 50ms, coalesce: no, drainBudget: 1s}"
    let environment = ["PRESENCE_ENRICHER_LANES": "3", "PRESENCE_ENRICHER_COMMIT_INTERVAL": "20ms"]
    let options = [ConfigurationLoader.Option(key: "enricher.lanes", text: "4", name: "--lanes")]
    let loaded = try loader(file: file, environment: environment, options: options).load()
    #expect(loaded.configuration.enricher.lanes == 4)
    #expect(loaded.configuration.enricher.commitInterval == .milliseconds(20))
    #expect(!loaded.configuration.enricher.coalesce)
    #expect(loaded.configuration.enricher.sessionTimeout == .seconds(15))
    #expect(loaded.origin(of: "enricher.lanes") == .option("--lanes"))
    #expect(loaded.origin(of: "enricher.commitInterval").description == "PRESENCE_ENRICHER_COMMIT_INTERVAL")
    #expect(loaded.origin(of: "enricher.coalesce").description == "worker.yaml:1")
    #expect(loaded.origin(of: "enricher.sessionTimeout") == .fallback)
  }

  @Test("librdkafka's properties are merged one by one over the layers")
  func propertiesMerge() throws {
    let file = """
      kafka:
        properties:
          sasl.mechanism: PLAIN
          linger.ms: 5
      """
    let environment = ["PRESENCE_KAFKA_PROPERTIES_SASL_MECHANISM": "SCRAM-SHA-512"]
    let options = [ConfigurationLoader.Option(key: "kafka.producer.linger.ms", text: "7")]
    let loaded = try loader(file: file, environment: environment, options: options).load()
    let kafka = loaded.configuration.kafka
    #expect(kafka.consumerProperties.plain == ["sasl.mechanism": "SCRAM-SHA-512", "linger.ms": "5"])
    #expect(kafka.producerProperties.plain["linger.ms"] == "7")
    #expect(loaded.origin(of: "kafka.properties.linger.ms").description == "worker.yaml:4")
    #expect(
      loaded.origin(of: "kafka.properties.sasl.mechanism").description == "PRESENCE_KAFKA_PROPERTIES_SASL_MECHANISM"
    )
  }

  @Test("keys may be nested or written with dots, and empty sections and values leave the defaults")
  func shapes() throws {
    let file = """
      enricher.lanes: 3
      contact.rateLimit:
        burst: 5
      presence:
      topics:
        prefix:
        partitions: ~
      """
    let configuration = try loader(file: file).load().configuration
    #expect(configuration.enricher.lanes == 3)
    #expect(configuration.contact.rateLimit.burst == 5)
    #expect(configuration.topics == WorkerConfiguration.Topics())
  }

  @Test("lists are written as lists in the file and with commas elsewhere")
  func lists() throws {
    let file = "kafka: {bootstrapServers: [one:9092, '[::1]:9093']}\nroles: [resolve]"
    let configuration = try loader(file: file, environment: ["PRESENCE_PRESENCE_SERVICES": "mail, im"]).load()
      .configuration
    #expect(configuration.kafka.bootstrapServers == ["one:9092", "[::1]:9093"])
    #expect(configuration.roles == [.resolve])
    #expect(configuration.presence.services == [.mail, .im])
  }

  @Test("choices mind neither case nor hyphens", arguments: ["at-least-once", "atLeastOnce", "AT_LEAST_ONCE"])
  func choices(text: String) throws {
    #expect(try loader(file: "enricher: {delivery: \(text)}").load().configuration.enricher.delivery == .atLeastOnce)
  }

  @Test("agents keep their order and their lines, and the environment gives them as JSON")
  func agents() throws {
    let file = """
      agents:
        - name: first
        - name: second
      """
    let node = try loader(file: file).load().configuration.agents
    guard case .sequence(let agents) = node.content else {
      Issue.record("agents are not a list")
      return
    }
    #expect(agents.map(\.line) == [2, 3])
    #expect(agents.map(\.shown) == ["{name}", "{name}"])
    let other = try loader(environment: ["PRESENCE_AGENTS": #"[{"name": "third"}]"#]).load().configuration.agents
    #expect(other.shown == "[{name}]")
  }

  @Test(
    "a key inside of the agents has the line where it stands, or of the nearest that is there",
    arguments: [
      ("agents", 1), ("agents[0]", 2), ("agents[0].limits.timeout", 5), ("agents[0].limits.attempts", 4),
      ("agents[1].name", 6), ("agents[1].url", 6), ("agents[7]", 1),
    ]
  )
  func lineInsideOfAgents(key: String, line: Int) throws {
    let file = """
      agents:
        - name: first
          type: url
          limits:
            timeout: 1s
        - name: second
      """
    #expect(try loader(file: file).load().origin(of: key) == .file(path: "worker.yaml", line: line))
  }

  @Test("empty variables, variables of others and Kubernetes' service links are not looked at")
  func foreignVariables() throws {
    let environment = [
      "PRESENCE_TOPICS_PREFIX": "", "PATH": "/bin", "PRESENCE_CONFIG": "worker.yaml",
      "PRESENCE_WORKER_SERVICE_HOST": "10.0.0.1", "PRESENCE_WORKER_SERVICE_PORT_HTTP": "8080",
      "PRESENCE_WORKER_PORT": "tcp://10.0.0.1:8080", "PRESENCE_WORKER_PORT_8080_TCP_ADDR": "10.0.0.1",
    ]
    #expect(try loader(environment: environment).load().configuration == WorkerConfiguration())
  }
}

@Suite("Configuration: problems")
struct ConfigurationProblemTests {
  @Test("everything that is wrong is reported at once, each with key, value, place and what would be right")
  func allAtOnce() {
    let file = """
      enricher:
        lanes: 0
        comitInterval: 100ms
        coalesce: maybe
      presence:
        freshness: 60
        services: [mail, fax]
      topics: 7
      """
    let environment = ["PRESENCE_LOG_LEVEL": "loud", "PRESENCE_ENRICHER_LANE": "2"]
    let options = [ConfigurationLoader.Option(key: "contact.deadlineShare", text: "1.5")]
    let found = problems(file: file, environment: environment, options: options)
    #expect(
      Set(found) == [
        "enricher.comitInterval (worker.yaml:3): no such key; did you mean enricher.commitInterval?",
        "topics: “7” (worker.yaml:8): expected a mapping with keys such as topics.prefix",
        "PRESENCE_ENRICHER_LANE: no such setting; did you mean PRESENCE_ENRICHER_LANES?",
        "enricher.lanes: “0” (worker.yaml:2): expected a whole number from 1 to 64",
        "enricher.coalesce: “maybe” (worker.yaml:4): expected true or false",
        "presence.freshness: “60” (worker.yaml:6): expected a duration with its unit (ms, s, m, h, d) from 1s to 1h",
        "presence.services: “fax” (worker.yaml:7): expected any of profile, mail, im",
        "log.level: “loud” (PRESENCE_LOG_LEVEL): "
          + "expected one of trace, debug, info, notice, warning, error, critical",
        "contact.deadlineShare: “1.5” (--set): expected a number from 0.1 to 0.95",
      ]
    )
  }

  @Test("a file that is no YAML is one problem with its line")
  func notYAML() {
    let found = problems(file: "enricher:\n  lanes: [1\nlog: {}\n")
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("worker.yaml:3: ") == true, "\(found)")
  }

  @Test("a problem is one line and not endless, whatever stands in the file")
  func oneLine() throws {
    let found = problems(
      file: "\"topics.part\\nitions\\u202E\": 3\nlog.level: \"de\\rbug\(String(repeating: "g", count: 500))\""
    )
    #expect(found.count == 2)
    for problem in found {
      #expect(!problem.unicodeScalars.contains { ["\n", "\r", "\u{202E}"].contains($0) })
      #expect(problem.contains("\u{FFFD}"))
      #expect(problem.count < 400)
    }
  }

  @Test("aliases of aliases are a problem, and fill no memory; an alias alone is what it stands for")
  func aliases() throws {
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for (letter, next) in zip("abcdefghijkl", "bcdefghijklm") {
      bomb += "\(next): &\(next) [\(Array(repeating: "*\(letter)", count: 10).joined(separator: ", "))]\n"
    }
    let found = problems(file: bomb)
    #expect(found.count == 1)
    #expect(found.first?.contains("more than 100000 values") == true)
    let loaded = try loader(file: "enricher: {commitInterval: &pause 50ms, drainBudget: *pause}").load()
    #expect(loaded.configuration.enricher.drainBudget == .milliseconds(50))
  }

  @Test(
    "aliases of aliases as keys are refused before anything hashes them",
    arguments: [
      "? *%\n: 1\n", "*% : 1\n", "[*%]: 1\n", "{*%: 1}: 1\n", "k: {?*% : 1}\n", "k: {*%}\n", "? k: *%\n: 1\n",
      "k: [*% l: 1]\n",
    ]
  )
  func aliasedKeys(key: String) {
    var bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for (letter, next) in zip("abcdefghijkl", "bcdefghijklm") {
      bomb += "\(next): &\(next) [\(Array(repeating: "*\(letter)", count: 10).joined(separator: ", "))]\n"
    }
    let found = problems(file: bomb + key.replacing("%", with: "m"))
    #expect(found.count == 1)
    #expect(found.first?.contains("aliases are too many") == true)
  }

  @Test("many aliases are none the worse for it where every key is a name, and few where one is not")
  func harmlessAliases() {
    let many = Array(repeating: "*pause", count: 100).joined(separator: ", ")
    #expect(!problems(file: "unknown: [&pause 50ms, \(many)]").contains { $0.contains("aliases") })
    #expect(!problems(file: "unknown: {a: &pause 50ms, b: *pause}").contains { $0.contains("aliases") })
  }

  @Test("a key that is written twice is a problem, in one spelling or in two")
  func twice() {
    #expect(problems(file: "log: {level: info}\nlog.level: debug").map { $0.contains("written twice") } == [true])
    #expect(problems(file: "roles: [enrich]\nroles: [resolve]").map { $0.contains("written twice") } == [true])
  }

  @Test("a root that is a list is refused")
  func rootList() {
    #expect(problems(file: "- one").map { $0.contains("expected a mapping of keys") } == [true])
  }

  @Test(
    "values that do not fit together are refused",
    arguments: [
      ("enricher.transactionTimeout", "15s", "below enricher.sessionTimeout (15s)"),
      ("enricher.sessionTimeout", "60s", "below enricher.maxPollInterval (1m)"),
      ("enricher.commitInterval", "5s", nil),
      ("enricher.drainBudget", "10s", "below enricher.transactionTimeout (10s)"),
      ("presence.interest", "59s", "0s or at least presence.freshness (1m)"),
      ("contact.duplicateWindow", "12h", "longer than contact.requests is kept (12h)"),
      ("contact.duplicateWindow", "2d", "shorter than contact.outcomes is (2d)"),
      ("contact.duplicateWindow", "13h", nil),
    ] as [(String, String, String?)]
  )
  func crossChecks(key: String, value: String, expected: String?) {
    let found = problems(options: [ConfigurationLoader.Option(key: key, text: value)])
    guard let expected else {
      #expect(found.isEmpty)
      return
    }
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("\(key): “") == true && found.first?.contains(expected) == true, "\(found)")
  }

  @Test("a value that is wrong by itself is not also compared with others")
  func noFollowUps() {
    let found = problems(file: "enricher: {sessionTimeout: soon, transactionTimeout: 20s}")
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("enricher.sessionTimeout: “soon”") == true, "\(found)")
  }

  @Test("checks of others join in, with the place of the value that they speak of")
  func otherChecks() {
    var loader = loader(file: "topics:\n  partitions: 13")
    loader.checks.append { configuration in
      [ConfigurationProblem(key: "topics.partitions", value: "\(configuration.topics.partitions)", expected: "unlucky")]
    }
    let problem = ConfigurationProblem(
      key: "topics.partitions",
      value: "13",
      origin: .file(path: "worker.yaml", line: 2),
      expected: "unlucky"
    )
    #expect(throws: ConfigurationError(problems: [problem])) {
      try loader.load()
    }
  }

  @Test("a property that librdkafka does not know, or that would break a guarantee, is refused with its place")
  func kafkaProperties() {
    let file = "kafka:\n  properties:\n    lingerms: 5\n  producer:\n    acks: 1\n    linger.ms: 5\n"
    let found = problems(file: file)
    #expect(found.count == 2)
    #expect(found.first?.hasPrefix("kafka.properties.lingerms: “5” (worker.yaml:3): ") == true, "\(found)")
    #expect(found.last?.hasPrefix("kafka.producer.acks: “1” (worker.yaml:5): must stay all") == true, "\(found)")
  }

  @Test("clients get the broker list, their own properties over the common ones, and the secrets")
  func clientConfigurations() throws {
    let file = """
      kafka:
        bootstrapServers: [a:1, b:2]
        properties: {socket.keepalive.enable: true}
        producer: {linger.ms: 7}
      """
    let loaded = try loader(file: file, environment: ["PRESENCE_KAFKA_PROPERTIES_SASL_PASSWORD": "hunter2"]).load()
    let common = ["bootstrap.servers": "a:1,b:2", "socket.keepalive.enable": "true", "sasl.password": "hunter2"]
    let kafka = loaded.configuration.kafka
    #expect(kafka.clientConfiguration.properties == common)
    #expect(kafka.consumerConfiguration.properties == common)
    #expect(kafka.producerConfiguration.properties == common.merging(["linger.ms": "7"]) { _, new in new })
  }

  @Test("a property that follows from a key of ours is refused with that key's name")
  func ownedProperties() {
    let found = problems(file: "kafka: {consumer: {session.timeout.ms: 6000}}")
    #expect(found == ["kafka.consumer.session.timeout.ms: “6000” (worker.yaml:1): use enricher.sessionTimeout"])
  }
}

@Suite("Configuration: secrets")
struct ConfigurationSecretTests {
  @Test("a secret comes from the file that a File key names, without its line end")
  func fromFile() throws {
    let file = "kafka: {properties: {sasl.passwordFile: /run/secrets/kafka}}"
    let kafka = try loader(file: file, secrets: ["/run/secrets/kafka": "pass word\n"]).load().configuration.kafka
    #expect(kafka.properties.revealed() == ["sasl.password": "pass word"])
  }

  @Test("a secret comes from the environment, itself or as a path")
  func fromEnvironment() throws {
    let direct = try loader(environment: ["PRESENCE_KAFKA_PROPERTIES_SASL_PASSWORD": "hunter2"]).load()
    #expect(direct.configuration.kafka.properties.revealed() == ["sasl.password": "hunter2"])
    let path = try loader(
      environment: ["PRESENCE_KAFKA_PRODUCER_SSL_KEY_PASSWORD_FILE": "/k"],
      secrets: ["/k": "hunter3"]
    ).load()
    #expect(path.configuration.kafka.producerProperties.revealed() == ["ssl.key.password": "hunter3"])
  }

  @Test("a secret in the file or on the command line is refused and not shown")
  func refusedElsewhere() {
    let found = problems(
      file: "kafka: {properties: {sasl.password: hunter2}}",
      options: [ConfigurationLoader.Option(key: "kafka.producer.ssl.key.password", text: "hunter2")]
    )
    #expect(found.count == 2)
    #expect(found.allSatisfy { !$0.contains("hunter2") })
    #expect(found.first?.contains("PRESENCE_KAFKA_PROPERTIES_SASL_PASSWORD") == true)
    #expect(found.last?.contains("PRESENCE_KAFKA_PRODUCER_SSL_KEY_PASSWORD") == true)
  }

  @Test("a secret's file that cannot be read is a problem with its path and the reason")
  func missingFile() {
    let found = problems(file: "kafka: {properties: {sasl.passwordFile: /nowhere}}")
    #expect(
      found == [
        "kafka.properties.sasl.passwordFile: “/nowhere” (worker.yaml:1): "
          + "the file cannot be read: No such file or directory"
      ]
    )
  }

  @Test("a secret is not shown by printing, interpolating, reflecting or dumping it, nor by the key's value")
  func neverShown() throws {
    let loaded = try loader(environment: ["PRESENCE_KAFKA_PROPERTIES_SASL_PASSWORD": "hunter2"]).load()
    var dumped = ""
    dump(loaded, to: &dumped)
    let shown = ConfigurationKey.all.map { $0.value(in: loaded.configuration) }.joined(separator: "\n")
    for text in ["\(loaded)", String(reflecting: loaded), dumped, shown] {
      #expect(!text.contains("hunter2"))
    }
    #expect(shown.contains("sasl.password=(hidden)"))
  }
}
