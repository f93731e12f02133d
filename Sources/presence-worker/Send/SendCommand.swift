// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PresenceEvents
import PresenceModel
import Worker

/// `send`: what gateways and the portal would send.
struct SendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Send an event: a change of presence, a request, a profile, a space.",
    discussion: """
      Keys, partitions and headers are right by construction: the key is the user, recipient or space, the partition \
      the one that Java's clients would choose, the headers those of a binary CloudEvent (--bare leaves them out). \
      Every event is read back as the worker would read it before it is sent; what is wrong is said and not sent.

      Examples:
        presence-worker send change jane busy --message "In a meeting"
        presence-worker send contact tom jane --body "Lunch?" --wait
        presence-worker send profile jane --mail jane@corp.example
        presence-worker send space board --services mail
        presence-worker send change --file changes.ndjson
      """,
    subcommands: [
      SendChangeCommand.self, SendContactCommand.self, SendProfileCommand.self, SendSpaceCommand.self,
    ]
  )
}

/// What all kinds of `send` have.
struct SendOptions: ParsableArguments {
  @OptionGroup var configuration: ConfigurationOptions

  @Option(
    help: ArgumentHelp(
      "Send the events of a file, JSON, one on each line; - is standard input.",
      discussion: "The other options of the event are not used then.",
      valueName: "path"
    )
  )
  var file: String?

  @Flag(help: "Without CloudEvents headers, as kcat would send it.")
  var bare = false

  /// The events of `--file`; nil without it.
  func events(_ type: EventType) throws -> [OutgoingEvent]? {
    guard let file else { return nil }
    if file == "-" { return try OutgoingEvent.lines(type, of: Terminal.readInput(), named: "standard input") }
    do {
      return try OutgoingEvent.lines(type, of: Array(TextFile.read(file, limit: 1 << 30).utf8), named: file)
    } catch let error as ConfigurationFileError {
      throw CommandFailure(.data, "cannot read \(file): \(error.reason)")
    }
  }

  /// Sends events and says where they went.
  func send(_ events: [OutgoingEvent], over broker: Broker? = nil) throws {
    guard !events.isEmpty else { return Terminal.writeError("nothing to send") }
    let broker = try broker ?? Broker(configuration.load().configuration)
    let sender = try EventSender(broker, isBare: bare)
    defer { sender.close() }
    let clock = ContinuousClock()
    let start = clock.now
    let receipts = try sender.send(events)
    if events.count <= 20 {
      for (event, receipt) in zip(events, receipts) {
        let name = broker.topology.name(of: OutgoingEvent.topic(of: event.type))
        let what = event.value == nil ? " (deleted)" : ""
        Terminal.writeLine("\(name)[\(receipt.partition)]@\(receipt.offset)  \(DisplayText.safe(event.key))\(what)")
      }
    } else {
      let milliseconds = max(1, Int((clock.now - start) / .milliseconds(1)))
      Terminal.writeLine("\(receipts.count) events sent, \(receipts.count * 1_000 / milliseconds) a second")
    }
  }

  /// Makes an event of what `encode` writes, as the worker would read it; an option that is wrong is wrong usage.
  static func checked(
    _ type: EventType,
    _ encode: (EventEncoder) -> UnsafeRawBufferPointer
  ) throws -> OutgoingEvent {
    // What the encoder gives lies in its buffer: it must live until the event is made.
    let encoder = EventEncoder()
    return try withExtendedLifetime(encoder) {
      do throws(DecodingFailure) {
        return try OutgoingEvent(type, json: encode(encoder), decoder: EventDecoder(), encoder: EventEncoder())
      } catch {
        throw CommandFailure(.usage, error.message, advice: "Nothing was sent.")
      }
    }
  }
}
