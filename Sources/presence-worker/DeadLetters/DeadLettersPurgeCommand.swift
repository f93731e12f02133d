// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Kafka
import PresenceModel
import Worker

/// `dead-letters purge`: deletes letters for good.
struct DeadLettersPurgeCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge",
    abstract: "Delete dead letters for good, from the oldest on.",
    discussion: """
      Kafka deletes records only from a partition's beginning: everything before a time, through a letter, or all. \
      Asks before, and says how many of the letters have never been replayed.

      Examples:
        presence-worker dead-letters purge --before 2026-11-01T00:00:00Z
        presence-worker dead-letters purge --through 3/17 --through 4/2
        presence-worker dead-letters purge --all --partition 3
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Option(help: ArgumentHelp("What was written before that time.", valueName: "time"))
  var before: Moment?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("A letter and what stands before it; may be repeated.", valueName: "partition/offset")
  )
  var through: [LetterID] = []

  @Flag(help: "Everything that is there now.")
  var all = false

  @Option(help: "Of this partition alone.")
  var partition: Int32?

  @Flag(help: "Do not ask.")
  var yes = false

  func validate() throws {
    if [before != nil, !through.isEmpty, all].count(where: { $0 }) != 1 {
      throw ValidationError("How much? Give one of --before, --through and --all.")
    }
  }

  func perform() throws {
    let broker = Broker(try options.load().configuration)
    let purge = try purge(LetterArchive(broker: broker))
    guard !purge.cuts.isEmpty else {
      Terminal.writeLine("Nothing to delete.")
      return
    }
    let letters = purge.letters.filter { $0.offset < purge.cuts[$0.partition] ?? 0 }
    let fresh = letters.filter { !purge.replayed.contains($0) }.count
    try Confirmation.ask(
      "Delete \(letters.count) dead letters for good, \(fresh) of which were never replayed?",
      isGiven: yes
    )
    let name = broker.topology.name(of: .deadLetters)
    let positions = purge.cuts.sorted { $0.key < $1.key }.map { KafkaPosition(name, $0.key, $0.value) }
    _ = try broker.attempt("delete dead letters") { () throws(KafkaError) in
      let admin = try KafkaAdmin(
        broker.configuration.kafka.clientConfiguration,
        clientID: broker.clientID,
        observer: broker.observer
      )
      defer { admin.close() }
      return try admin.deleteRecords(before: positions, timeout: .seconds(30))
    }
    Terminal.writeLine("Deleted \(letters.count) dead letters from \(positions.count) partitions.")
  }

  /// What would be deleted.
  private struct Purge {
    /// By partition the offset before which everything goes.
    var cuts: [Int32: Int64] = [:]
    var letters: [LetterID] = []
    var replayed: Set<LetterID> = []
  }

  private func purge(_ archive: LetterArchive) throws(CommandFailure) -> Purge {
    var purge = Purge()
    var isClosed: Set<Int32> = []
    func pass(_ id: LetterID, _ writtenAt: Timestamp?) {
      let goes =
        if let before {
          (writtenAt ?? before.timestamp) < before.timestamp
        } else {
          all || through.contains { $0.partition == id.partition && id.offset <= $0.offset }
        }
      // The first record that stays ends its partition's part.
      if !goes { isClosed.insert(id.partition) }
      if !isClosed.contains(id.partition) { purge.cuts[id.partition] = id.offset + 1 }
    }
    try archive.scan(.beginning, partition: partition) { entry in
      switch entry {
      case .letter(let letter):
        purge.letters.append(letter.id)
        pass(letter.id, letter.writtenAt)
      case .mark(let origin, let id, let writtenAt):
        purge.replayed.insert(origin)
        pass(id, writtenAt)
      }
    }
    return purge
  }
}
