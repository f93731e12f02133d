// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PresenceEvents
import PresenceModel
import Worker

/// `send change`: somebody's presence changed, or is asked for.
struct SendChangeCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "change",
    abstract: "Say what somebody's presence is; without a state, ask for it.",
    discussion: """
      Examples:
        presence-worker send change jane busy --message "In a meeting"
        presence-worker send change jane online --device phone --lease 5m
        presence-worker send change jane                   look, whatever is known
        presence-worker send change jane --within 1m       look, unless known
      """
  )

  @OptionGroup var options: SendOptions

  @Argument(help: "The portal's name of the user.")
  var user: String?

  @Argument(help: ArgumentHelp("online, busy, away, offline; left out, the change asks.", valueName: "state"))
  var state: StateArgument?

  @Option(help: "The status message.")
  var message: String?

  @Option(help: "Which gateway says so.")
  var source = "cli"

  @Option(help: "The device, where there are several.")
  var device: String?

  @Option(help: "The IM address that was observed; without it the enterprise identity.")
  var address: String?

  @Option(help: "The source's own number of the event.")
  var sequence: Int64?

  @Option(help: ArgumentHelp("How long it holds unless renewed.", valueName: "duration"))
  var lease: TimeSpan?

  @Option(help: ArgumentHelp("When it was observed; now, unless given.", valueName: "time"))
  var observedAt: Moment?

  @Option(help: ArgumentHelp("In an ask: how old a known state may be.", valueName: "duration"))
  var within: TimeSpan?

  func validate() throws {
    if options.file == nil, user == nil { throw ValidationError("Who? Give a user, or --file.") }
    if within != nil, state != nil { throw ValidationError("--within is for asking: leave the state out.") }
  }

  func perform() throws {
    try options.send(try options.events(.presenceChange) ?? [event()])
  }

  func event() throws -> OutgoingEvent {
    let texts = TextArena()
    var observed = observedAt?.timestamp ?? SystemLaneClock().wall
    if let within { observed = observed.adding(milliseconds: -within.duration.components.seconds * 1_000) }
    var change = PresenceChange(user: texts.view(user), source: texts.view(source), observedAt: observed)
    change.state = state?.state
    change.statusMessage = texts.view(message)
    change.device = texts.view(device)
    change.imAddress = texts.view(address)
    change.sequence = sequence
    change.leaseSeconds = lease?.wholeSeconds ?? 0
    return try withExtendedLifetime(texts) { try SendOptions.checked(.presenceChange) { $0.change(change) } }
  }
}
