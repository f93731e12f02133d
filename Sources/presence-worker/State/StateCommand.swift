// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Kafka
import PresenceEvents
import PresenceModel
import Worker

/// `state`: what is known of one user, and from where.
struct StateCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "Show what is known of one user, what it is made of, and where that stands.",
    discussion: """
      Reads the user's partition of the snapshots, the profiles and the outcomes (with --changes also of the changes), \
      committed records only, and shows the newest of each with topic, partition and offset. Needs a broker, no worker.

      Exit status: 65 where nothing is known of the user.

      Examples:
        presence-worker state jane
        presence-worker state jane --changes --last 20
        presence-worker state jane --json | jq .snapshot.value
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Argument(help: "The portal's name of the user.")
  var user: String

  @Flag(help: "The user's latest changes, too; this reads all of the partition that is kept.")
  var changes = false

  @Option(help: ArgumentHelp("How many outcomes and changes are shown.", valueName: "number"))
  var last = 5

  @Flag(help: "One JSON object, with the records as they stand.")
  var json = false

  func validate() throws {
    if user.isEmpty { throw ValidationError("Who? Give a user.") }
    if last < 0 { throw ValidationError("--last must not be negative.") }
  }

  func perform() throws {
    let broker = Broker(try options.load().configuration)
    let counts = try broker.partitions(of: [.presenceSnapshots, .userProfiles, .contactOutcomes])
    guard Set(counts.values).count == 1, let count = counts[.presenceSnapshots] else {
      throw CommandFailure(
        .configuration,
        "the topics on \(broker.address) differ in their partition counts",
        advice: "`presence-worker topics check` says which, and what to do."
      )
    }
    let partition = ByteView.withView(of: user) { JavaPartitioner.partition(ofKey: $0.raw, count: count) }
    var starts: [LogTopic: TopicReader.Start] = [
      .presenceSnapshots: .beginning, .userProfiles: .beginning, .contactOutcomes: .beginning,
    ]
    if changes { starts[.presenceChanges] = .beginning }

    let reader = try TopicReader(broker, starts, partition: partition)
    let decoder = EventDecoder()
    var dossier = UserDossier(user: user, historyLength: last)
    try reader.readToEnd { dossier.take($0, decoder: decoder) }
    try reader.close()

    if json {
      Terminal.writeLine(dossier.json(partition: partition))
    } else {
      let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
      let now = SystemLaneClock().wall
      let report = DossierReport(dossier: dossier, topology: broker.topology, now: now, ink: ink)
      for line in report.lines() { Terminal.writeLine(line) }
    }
    if dossier.isEmpty {
      throw CommandFailure(.data, "nothing is known of \(DisplayText.safe(user)) on \(broker.address)")
    }
  }
}

extension UserDossier {
  /// Whether there is no record of the user at all.
  var isEmpty: Bool {
    snapshot == nil && profile == nil && outcomes.isEmpty && changes.isEmpty && unreadable.isEmpty
  }

  /// The records as one JSON object.
  func json(partition: Int32) -> String {
    let fields = [
      "\"user\":\(RecordJSON.quoted(user))", "\"partition\":\(partition)",
      "\"snapshot\":\(snapshot?.json ?? "null")", "\"profile\":\(profile?.json ?? "null")",
      "\"outcomes\":[\(outcomes.map(\.json).joined(separator: ","))]",
      "\"changes\":[\(changes.map(\.json).joined(separator: ","))]",
    ]
    return "{\(fields.joined(separator: ","))}"
  }
}
