// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel
import Worker

/// Reads the outputs and shows them in one of four ways, until there is enough, an end, or an interrupt.
final class WatchFeed {
  private let reader: TopicReader
  private let users: Set<String>
  private let isOnce: Bool
  private let decoder = EventDecoder()
  private let clock = SystemLaneClock()
  private var remaining: Int?
  private var isReadable = true

  /// A feed of what `reader` reads; `users` empty means everybody.
  init(_ reader: TopicReader, users: Set<String>, isOnce: Bool, limit: Int?) {
    self.reader = reader
    self.users = users
    self.isOnce = isOnce
    remaining = limit
  }

  private var isDone: Bool {
    !isReadable || Interrupt.isRaised || remaining == 0 || isOnce && reader.isCaughtUp
  }

  /// A JSON object a line.
  func writeJSON() throws(CommandFailure) {
    try each { record, _ in Terminal.writeLine(RecordJSON.line(record)) }
  }

  /// A line for each event.
  func writeLines(_ ink: Ink) throws(CommandFailure) {
    try each { record, event in
      Terminal.writeLine(event.line(now: record.timestamp ?? self.clock.wall, ink: ink))
    }
  }

  /// One frame of what there is.
  func writeFrame(title: String, _ ink: Ink) throws(CommandFailure) {
    var board = PresenceBoard(feedLength: 1_000)
    try each { record, event in
      board.apply(event, now: record.timestamp ?? self.clock.wall)
      return true
    }
    let columns = Terminal.isInteractive ? Terminal.columns : 120
    let canvas = PresenceBoard.Canvas(columns: columns, ink: ink, now: clock.wall, title: title)
    for line in board.frame(canvas) { Terminal.writeLine(line) }
  }

  /// Frames on the terminal, drawn anew when something has come and once a second for the ages.
  func draw(
    title: String,
    hints: [String] = ["Ctrl-C ends. `presence-worker state USER` tells more of one person."],
    _ ink: Ink,
    complaint: () -> String?
  ) throws(CommandFailure) {
    var board = PresenceBoard()
    var screen = BoardScreen()
    func canvas() -> PresenceBoard.Canvas {
      var footer = hints
      if let trouble = complaint() { footer.insert("The broker: \(trouble)", at: 0) }
      return PresenceBoard.Canvas(
        columns: Terminal.columns,
        rows: Terminal.rows,
        ink: ink,
        now: clock.wall,
        title: title,
        footer: footer
      )
    }
    defer { screen.close(leaving: board.frame(canvas())) }
    var drawnAt = Int64.min / 2
    var isChanged = true
    while !isDone {
      try poll { record, event in
        board.apply(event, now: record.timestamp.map { min($0, self.clock.wall) } ?? self.clock.wall)
        isChanged = true
        return true
      }
      let age = clock.monotonic - drawnAt
      if isChanged && age >= 100 || age >= 1_000 {
        isReadable = screen.draw(board.frame(canvas()))
        drawnAt = clock.monotonic
        isChanged = false
      }
    }
  }

  private func each(_ show: (TopicReader.Record, BoardEvent) -> Bool) throws(CommandFailure) {
    while !isDone { try poll(show) }
  }

  /// Polls once; `show` gives false where nobody reads any more.
  private func poll(_ show: (TopicReader.Record, BoardEvent) -> Bool) throws(CommandFailure) {
    try reader.poll(timeout: .milliseconds(50)) { record in
      guard isReadable, remaining != 0 else { return }
      do throws(DecodingFailure) {
        let event = try BoardEvent(
          record.topic,
          key: record.key,
          value: record.value,
          envelope: record.envelope,
          decoder: decoder
        )
        guard let event, users.isEmpty || !users.isDisjoint(with: event.users) else { return }
        isReadable = show(record, event)
        remaining = remaining.map { $0 - 1 }
      } catch {
        let place = "\(LogPartition(record.topic, record.partition)) at \(record.offset)"
        Terminal.writeError("\(place) cannot be read: \(error.message)")
      }
    }
  }
}
