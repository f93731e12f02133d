// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Worker

/// `topics acls`: who has to be allowed what.
struct TopicsAclsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "acls",
    abstract: "Write the access rules that each party needs: as commands, or as a table.",
    discussion: """
      Least privilege for everybody who meets on the topics: enricher, resolver, gateways, portal, mail services, IM \
      services and operators. Needs no broker. The commands are for Kafka's kafka-acls.sh; --client is its --command-config.

      A process with both roles needs the rules of both: give them one principal. Groups of readers outside of the \
      worker are theirs to name: --reader-group adds a rule for one.

      Examples:
        presence-worker topics acls --table
        presence-worker topics acls --principal enricher=User:presence --principal resolver=User:presence
        presence-worker topics acls --party gateways --principal gateways=User:lync-emea | sh
        presence-worker topics acls --reader-group "mail services=mailer-v2"
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Option(
    name: .customLong("principal"),
    parsing: .singleValue,
    help: ArgumentHelp("Who a party is on the broker; may be repeated.", valueName: "party=principal")
  )
  var principals: [String] = []

  @Option(
    name: .customLong("reader-group"),
    parsing: .singleValue,
    help: ArgumentHelp("A consumer group of a party; may be repeated.", valueName: "party=group")
  )
  var groups: [String] = []

  @Option(name: .customLong("party"), parsing: .singleValue, help: "Only of this party; may be repeated.")
  var parties: [String] = []

  @Option(help: ArgumentHelp("The properties with which kafka-acls.sh connects.", valueName: "file"))
  var client: String?

  @Flag(help: "A table in Markdown instead of commands.")
  var table = false

  func run() async throws {
    let configuration = try options.load().configuration
    let report = AclReport(
      configuration,
      principals: try pairs(principals, "--principal"),
      groups: try pairs(groups, "--reader-group"),
      parties: try parties.map { try party($0, "--party") }
    )
    for line in table ? report.table : report.commands(client: client) { Terminal.writeLine(line) }
  }

  private func pairs(_ texts: [String], _ option: String) throws -> [Topology.Party: String] {
    var pairs: [Topology.Party: String] = [:]
    for text in texts {
      guard let equals = text.firstIndex(of: "="), text.index(after: equals) < text.endIndex else {
        throw CommandFailure(.usage, "\(option) \(text): a party and a name belong together, as in portal=User:portal")
      }
      pairs[try party(String(text[..<equals]), option)] = String(text[text.index(after: equals)...])
    }
    return pairs
  }

  private func party(_ name: String, _ option: String) throws -> Topology.Party {
    guard let party = Topology.Party.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() }) else {
      let known = Topology.Party.allCases.map(\.rawValue).joined(separator: ", ")
      throw CommandFailure(.usage, "\(option): there is no party \(name); there are \(known)")
    }
    return party
  }
}

/// Access rules as commands and as a table.
struct AclReport {
  private let bootstrapServers: String
  private let principals: [Topology.Party: String]
  private let rules: [AccessRule]

  init(
    _ configuration: WorkerConfiguration,
    principals: [Topology.Party: String] = [:],
    groups: [Topology.Party: String] = [:],
    parties: [Topology.Party] = []
  ) {
    bootstrapServers = configuration.kafka.bootstrapServers.joined(separator: ",")
    self.principals = principals
    let own = groups.sorted { $0.key.rawValue < $1.key.rawValue }.map { party, group in
      AccessRule(party: party, resource: .group, name: group, operations: ["Read"], purpose: "its group")
    }
    rules = (Topology(configuration).accessRules + own).filter { parties.isEmpty || parties.contains($0.party) }
  }

  /// One command for each rule.
  func commands(client: String? = nil) -> [String] {
    let connection =
      "--bootstrap-server \(bootstrapServers)" + (client.map { " --command-config \(Self.quoted($0))" } ?? "")
    return rules.map { rule in
      let operations = rule.operations.map { "--operation \($0)" }.joined(separator: " ")
      let pattern = rule.isPrefix ? " --resource-pattern-type prefixed" : ""
      return "kafka-acls.sh \(connection) --add --allow-principal \(Self.quoted(principal(rule.party))) "
        + "\(operations) --\(rule.resource.rawValue) \(Self.quoted(rule.name))\(pattern)"
    }
  }

  /// The rules in Markdown.
  var table: [String] {
    ["| who | on | may | what for |", "| --- | --- | --- | --- |"]
      + rules.map { rule in
        let kind = rule.resource == .topic ? "" : "\(rule.resource.rawValue) "
        return "| \(rule.party.rawValue) | \(kind)`\(rule.name)\(rule.isPrefix ? "*" : "")` | "
          + "\(rule.operations.joined(separator: ", ")) | \(rule.purpose) |"
      }
  }

  private func principal(_ party: Topology.Party) -> String {
    principals[party] ?? "User:presence-\(party.rawValue.lowercased().replacing(" ", with: "-"))"
  }

  private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }
}
