// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PresenceModel
import Worker

/// `watch`: presence as it is, and contact as it happens.
struct WatchCommand: BlockingCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Show who is what, and why requests become mail or chat, live.",
    discussion: """
      Reads presence.snapshots from the beginning (so the table is whole), and the dispatches and outcomes of the last \
      ten minutes, committed records only. On a terminal it draws a table and keeps it current until Ctrl-C; anywhere \
      else it writes a line for each event. It joins no group and commits nothing: watch as often as you like.

      Examples:
        presence-worker watch -b localhost:9092
        presence-worker watch --user jane --user tom
        presence-worker watch --once                  the table as it is now
        presence-worker watch --json --new | jq .     events from now on
        presence-worker watch --json --new --count 1  wait for one event
      """
  )

  @OptionGroup var options: ConfigurationOptions

  @Flag(help: "Show what there is and end, instead of waiting for more.")
  var once = false

  @Option(help: ArgumentHelp("End after so many events.", valueName: "number"))
  var count: Int?

  @Flag(help: "One JSON object a line: topic, partition, offset, time, key and value of each record.")
  var json = false

  @Flag(help: "Lines even on a terminal.")
  var plain = false

  @Flag(name: .customLong("new"), help: "Only what happens from now on; the table begins empty.")
  var onlyNew = false

  @Option(help: ArgumentHelp("How far back dispatches and outcomes are shown.", valueName: "duration"))
  var since = TimeSpan(.seconds(600))

  @Option(name: .customLong("user"), parsing: .singleValue, help: "Only events of this user; may be repeated.")
  var users: [String] = []

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1") }
    if once, onlyNew { throw ValidationError("--once shows what there is, --new what is to come: choose one") }
  }

  func perform() throws {
    let broker = Broker(try options.load().configuration)
    let clock = SystemLaneClock()
    let dispatches: TopicReader.Start =
      onlyNew ? .end : .since(clock.wall.adding(milliseconds: -since.duration.components.seconds * 1_000))
    var starts: [LogTopic: TopicReader.Start] = [:]
    for topic in BoardEvent.topics { starts[topic] = dispatches }
    starts[.presenceSnapshots] = onlyNew ? .end : .beginning

    Interrupt.install()
    let reader = try TopicReader(broker, starts)
    let feed = WatchFeed(reader, users: Set(users), isOnce: once, limit: count)
    let ink = Ink(isColoured: Terminal.takesColours(ProcessEnvironment.variables))
    if json {
      try feed.writeJSON()
    } else if once {
      try feed.writeFrame(title: broker.address, ink)
    } else if plain || !Terminal.isInteractive {
      try feed.writeLines(ink)
    } else {
      try feed.draw(title: broker.address, ink) { broker.lastComplaint }
    }
    try reader.close()
  }
}
