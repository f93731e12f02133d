// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PresenceEvents
import PresenceModel
import Worker

/// `send contact`: somebody wants to reach somebody.
struct SendContactCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "contact",
    abstract: "Ask to reach somebody by mail, by chat, or as suits best.",
    discussion: """
      Examples:
        presence-worker send contact tom jane --from-mail tom@corp.example --wait
        presence-worker send contact tom jane --channel im --no-fallback --wait
        presence-worker send contact --file requests.ndjson
      """
  )

  @OptionGroup var options: SendOptions

  @Argument(help: "Who asks.")
  var from: String?

  @Argument(help: "Who is to be reached.")
  var to: String?

  @Option(help: ArgumentHelp("auto, mail or im.", valueName: "channel"))
  var channel = ChannelArgument(channel: .auto)

  @Flag(help: "Mail will not do where a chat cannot be.")
  var noFallback = false

  @Option(help: "The subject of a mail.")
  var subject: String?

  @Option(help: "The text.")
  var body: String?

  @Option(help: "The asker's mail address; without it nothing becomes mail.")
  var fromMail: String?

  @Option(help: "How the asker is called.")
  var fromName: String?

  @Option(help: "The space that the asker is in.")
  var space: String?

  @Option(help: "What ties the requests of one action together.")
  var group: String?

  @Option(help: "The request's id; a new one, unless given.")
  var id: String?

  @Option(help: ArgumentHelp("After what time it is of no more use.", valueName: "duration"))
  var expires: TimeSpan?

  @Flag(help: "Wait for the outcome, and show what became of it and why.")
  var wait = false

  func validate() throws {
    if options.file == nil, from == nil || to == nil { throw ValidationError("Who, and to whom? Or give --file.") }
    if options.file != nil, wait { throw ValidationError("--wait is for a single request.") }
  }

  func perform() throws {
    if let events = try options.events(.contactRequest) { return try options.send(events) }
    let event = try event()
    guard wait else { return try options.send([event]) }
    let broker = Broker(try options.configuration.load().configuration)
    // The reader stands at the end before the request is sent, so that its outcome cannot be missed.
    let outcome = try OutcomeWait(broker, recipient: event.key)
    try options.send([event], over: broker)
    let limit = expires?.duration ?? broker.configuration.contact.expiry
    try outcome.show(request: id ?? event.requestID, within: limit + .seconds(5))
  }

  func event() throws -> OutgoingEvent {
    let texts = TextArena()
    var requester = ContactRequest.Requester(user: texts.view(from))
    requester.displayName = texts.view(fromName)
    requester.mail = texts.view(fromMail)
    var request = ContactRequest(
      id: texts.view(id ?? Self.newID()),
      requester: requester,
      recipient: texts.view(to),
      channel: channel.channel,
      requestedAt: SystemLaneClock().wall
    )
    request.fallback = !noFallback
    request.subject = texts.view(subject)
    request.body = texts.view(body)
    request.space = texts.view(space)
    request.groupID = texts.view(group)
    request.expiresInSeconds = expires?.wholeSeconds
    return try withExtendedLifetime(texts) { try SendOptions.checked(.contactRequest) { $0.request(request) } }
  }

  private static func newID() -> String { "cli-" + String(UInt64.random(in: .min ... .max), radix: 36) }
}

/// A channel on the command line, by its name on the wire.
struct ChannelArgument: ExpressibleByArgument, Sendable {
  var channel: ContactChannel

  init(channel: ContactChannel) { self.channel = channel }

  init?(argument: String) {
    guard let channel = ByteView.withView(of: argument, { ContactChannel(wireName: $0) }) else { return nil }
    self.channel = channel
  }

  var defaultValueDescription: String { "\(channel.wireName)" }

  static var allValueStrings: [String] { ContactChannel.allCases.map { "\($0.wireName)" } }
}

extension OutgoingEvent {
  /// The id of a contact request; empty for anything else.
  var requestID: String {
    guard type == .contactRequest, let value else { return "" }
    let decoder = EventDecoder()
    return value.withUnsafeBytes { bytes in
      // The event was decoded before it was made; it cannot fail now.
      (try? decoder.request(bytes).id.string) ?? ""
    }
  }
}
