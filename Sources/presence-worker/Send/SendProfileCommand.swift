// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PresenceEvents
import PresenceModel
import Worker

/// `send profile`: what the portal knows of a user.
struct SendProfileCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Say what the portal knows of a user, or delete the user.",
    discussion: """
      A profile replaces the one before it as a whole.

      Examples:
        presence-worker send profile jane --name "Jane Doe" --mail jane@corp.example
        presence-worker send profile jane --network-address xmpp:jane@home.example
        presence-worker send profile jane --delete
      """
  )

  @OptionGroup var options: SendOptions

  @Argument(help: "The portal's name of the user.")
  var user: String?

  @Option(help: "How the user is called.")
  var name: String?

  @Option(help: "The mail address.")
  var mail: String?

  @Option(help: "The address on the enterprise's presence server.")
  var enterpriseAddress: String?

  @Option(help: "The address that the user chose in its place.")
  var networkAddress: String?

  @Option(help: "The display name that goes with it.")
  var networkName: String?

  @Flag(help: "Presence is switched off for the user.")
  var noPresence = false

  @Flag(help: "Delete the user: a null value.")
  var delete = false

  func validate() throws {
    if options.file == nil, user == nil { throw ValidationError("Who? Give a user, or --file.") }
  }

  func perform() throws {
    try options.send(try options.events(.userProfile) ?? [event()])
  }

  func event() throws -> OutgoingEvent {
    if delete { return OutgoingEvent(type: .userProfile, key: user ?? "", value: nil) }
    let texts = TextArena()
    var profile = UserProfile(user: texts.view(user))
    profile.displayName = texts.view(name)
    profile.mail = texts.view(mail)
    profile.enterpriseAddress = texts.view(enterpriseAddress)
    profile.networkAddress = texts.view(networkAddress)
    profile.networkDisplayName = texts.view(networkName)
    profile.presenceEnabled = !noPresence
    profile.updatedAt = SystemLaneClock().wall
    return try withExtendedLifetime(texts) { try SendOptions.checked(.userProfile) { $0.profile(profile) } }
  }
}

/// `send space`: what a space offers.
struct SendSpaceCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "space",
    abstract: "Say what a space of the portal offers, or remove the space.",
    discussion: """
      Examples:
        presence-worker send space board --services profile,mail
        presence-worker send space board --no-imp
        presence-worker send space board --delete
      """
  )

  @OptionGroup var options: SendOptions

  @Argument(help: "The space's name.")
  var space: String?

  @Option(help: ArgumentHelp("What it offers, of profile, mail, im.", valueName: "name,…"))
  var services = "profile,mail,im"

  @Flag(help: "Instant messaging and presence are off there.")
  var noImp = false

  @Flag(help: "Remove the space: a null value.")
  var delete = false

  func validate() throws {
    if options.file == nil, space == nil { throw ValidationError("Which space? Give its name, or --file.") }
    _ = try offered()
  }

  func perform() throws {
    try options.send(try options.events(.portalSpace) ?? [event()])
  }

  func event() throws -> OutgoingEvent {
    if delete { return OutgoingEvent(type: .portalSpace, key: space ?? "", value: nil) }
    let texts = TextArena()
    let event = PortalSpace(space: texts.view(space), impEnabled: !noImp, services: try offered())
    return try withExtendedLifetime(texts) { try SendOptions.checked(.portalSpace) { $0.space(event) } }
  }

  private func offered() throws -> PortalSpace.Services {
    var result: PortalSpace.Services = []
    for name in services.split(separator: ",") {
      switch name {
      case "profile": result.insert(.profile)
      case "mail": result.insert(.mail)
      case "im": result.insert(.im)
      default: throw ValidationError("--services \(name): one of profile, mail, im")
      }
    }
    return result
  }
}
