// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Worker

/// `dead-letters show`: all of one letter.
struct DeadLettersShowCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show one dead letter: its error, its headers, its value.",
    discussion: """
      Texts that people wrote, and names, are masked unless --reveal is given. --raw writes the bytes of the value \
      untouched and nothing else, for a file or another tool.

      Examples:
        presence-worker dead-letters show 3/17
        presence-worker dead-letters show 3/17 --raw | xxd | head

      Exit status: 65 where there is no such letter.
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Argument(help: ArgumentHelp("Partition and offset among the dead letters.", valueName: "partition/offset"))
  var id: LetterID

  @Flag(help: "Show texts as they are, and not masked.")
  var reveal = false

  @Flag(help: "Write the value's bytes untouched.")
  var raw = false

  @Flag(help: "One JSON object with all headers and the value in Base64.")
  var json = false

  func validate() throws {
    if raw, json { throw ValidationError("--raw writes bytes, --json text: choose one") }
  }

  func perform() throws {
    let broker = Broker(try options.load().configuration)
    var found: Letter?
    var replayed: Set<LetterID> = []
    try LetterArchive(broker: broker).scan(.at([id.partition: id.offset])) { entry in
      switch entry {
      case .letter(let letter): if letter.id == id { found = letter }
      case .mark(let origin, _, _): replayed.insert(origin)
      }
    }
    guard let letter = found else {
      throw CommandFailure(
        .data,
        "no such dead letter: \(id)",
        advice: "`presence-worker dead-letters list` shows what is there; what is older than 14 d is gone."
      )
    }
    if raw {
      Terminal.write(letter.value ?? [])
      return
    }
    let report = LetterReport(reveals: reveal, replayed: replayed)
    if json {
      Terminal.writeLine(try report.json(letter, isWhole: true))
      return
    }
    let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
    for line in report.lines(letter, ink) { Terminal.writeLine(line) }
  }
}
