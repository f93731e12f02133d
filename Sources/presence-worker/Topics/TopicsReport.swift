// SPDX-License-Identifier: Apache-2.0

import Worker

/// What `topics check` has to say: a table of what is there, then what is not right and what to do.
struct TopicsReport {
  private let configuration: WorkerConfiguration
  private let found: [TopicFacts]
  private let address: String

  /// What is not right.
  let problems: [TopologyProblem]

  init(_ configuration: WorkerConfiguration, _ found: [TopicFacts], at address: String) {
    self.configuration = configuration
    self.found = found
    self.address = address
    problems = TopologyCheck(configuration).problems(found: found)
  }

  /// Prints the report; what breaks a guarantee is a failure.
  func print() throws(CommandFailure) {
    let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
    for line in lines(ink) { Terminal.writeLine(line) }
    let errors = problems.count { $0.weight == .error }
    guard errors == 0 else {
      let noun = errors == 1 ? "1 problem" : "\(errors) problems"
      throw CommandFailure(.configuration, "\(noun) with the topics on \(address): the worker would not become ready")
    }
  }

  func lines(_ ink: Ink) -> [String] {
    var table = TextTable(["topic", "partitions", "replicas", "cleanup", "kept", "largest record"])
    let topology = Topology(configuration)
    for topic in LogTopic.allCases {
      let name = topology.name(of: topic)
      guard let facts = found.first(where: { $0.name == name }) else {
        table.add([name, "-", "-", "-", "-", "-"])
        continue
      }
      let settings = facts.settings ?? [:]
      table.add([
        name, "\(facts.partitions)", facts.replicas.map(String.init) ?? "?", settings["cleanup.policy"] ?? "?",
        Self.kept(settings), settings["max.message.bytes"] ?? "?",
      ])
    }
    var lines = table.lines(ink) + [""]
    guard !found.isEmpty else {
      let prefix = configuration.topics.prefix
      let whose = prefix.isEmpty ? "without a prefix" : "with the prefix “\(prefix)”"
      lines.append("\(ink("✗", .bad)) \(address) has none of the worker's topics \(whose)")
      lines.append("  \(ink("→", .faint)) run `presence-worker topics create`, or see topics.prefix (--topic-prefix);")
      lines.append("    where they exist, the broker hides them from this principal: `presence-worker topics acls`")
      return lines
    }
    for group in grouped {
      let mark = group[0].weight == .error ? ink("✗", .bad) : ink("!", .wait)
      let names = group.map(\.topic).filter { !$0.isEmpty }
      let subject = names.isEmpty ? "" : "\(names.joined(separator: ", ")): "
      let finding = names.count > 1 ? group[0].finding.replacing("does not", with: "do not") : group[0].finding
      lines.append("\(mark) \(subject)\(finding)")
      lines.append("  \(ink("→", .faint)) \(group[0].remedy)")
    }
    if problems.contains(where: { $0.remedy.hasPrefix("set ") && $0.remedy.contains("=") }) {
      lines += ["", ink("Set what a topic has with kafka-configs.sh --bootstrap-server \(address) --alter", .faint)]
      lines.append(ink("  --entity-type topics --entity-name TOPIC --add-config KEY=VALUE,…", .faint))
    }
    if problems.isEmpty { lines.append(ink("✓", .good) + " All topics are as the worker needs them.") }
    return lines
  }

  /// The problems, those together that are the same but for the topic.
  private var grouped: [[TopologyProblem]] {
    var groups: [[TopologyProblem]] = []
    for problem in problems {
      let index = groups.firstIndex { $0[0].finding == problem.finding && $0[0].remedy == problem.remedy }
      if let index { groups[index].append(problem) } else { groups.append([problem]) }
    }
    return groups
  }

  /// The topics of a plan.
  static func lines(of plan: TopologyPlan, _ ink: Ink) -> [String] {
    var table = TextTable(["topic", "partitions", "replicas", "settings"])
    for creation in plan.creations {
      let settings = creation.settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      table.add([
        creation.name, "\(creation.partitions)", creation.replicas.map(String.init) ?? "broker's default",
        settings.joined(separator: " "),
      ])
    }
    return table.lines(ink)
  }

  private static func kept(_ settings: [String: String]) -> String {
    guard settings["cleanup.policy"] != "compact" else { return "last of each key" }
    guard let milliseconds = settings["retention.ms"].flatMap(Int64.init) else { return "?" }
    return milliseconds < 0 ? "without end" : DurationText.render(.milliseconds(milliseconds))
  }
}
