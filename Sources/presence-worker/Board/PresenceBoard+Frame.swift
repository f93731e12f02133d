// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension PresenceBoard {
  /// Where and how a frame is drawn.
  struct Canvas: Sendable {
    /// The terminal's width.
    var columns = 80
    /// The terminal's height; nil for as many lines as there is to say.
    var rows: Int?
    /// The colours.
    var ink = Ink(isColoured: false)
    /// The reader's clock, for ages.
    var now: Timestamp
    /// What stands above everything: which broker, which prefix.
    var title = ""
    /// What stands below everything: hints. Longer ones are wrapped by the terminal, so that they can be copied whole.
    var footer: [String] = []
  }

  /// The picture: a heading, the table of people, and below it the feed of requests, the newest first.
  ///
  /// No line but the footer's is longer than the canvas, and all together take no more rows than it has.
  func frame(_ canvas: Canvas) -> [String] {
    let footer = canvas.footer.reduce(0) { rows, line in
      rows + max(1, (DisplayText.width(of: line) + canvas.columns - 1) / canvas.columns)
    }
    let fixed = 2 + footer + (footer == 0 ? 0 : 1)
    guard let rows = canvas.rows else {
      return compose(canvas, people: peopleLines(canvas, limit: .max), feed: feedLines(canvas, limit: .max))
    }
    // The feed gets a third, or what the table leaves; the table gets the rest.
    let available = max(0, rows - fixed - 3)
    let feedWanted = contacts.isEmpty ? 1 : contacts.count
    let feedRoom = min(feedWanted, max(available / 3, available - self.rows.count - 1))
    let peopleRoom = available - feedRoom - 1
    let lines = compose(
      canvas,
      people: peopleLines(canvas, limit: max(1, peopleRoom)),
      feed: feedLines(canvas, limit: max(1, feedRoom))
    )
    // Where even the least does not fit, what stands below goes first.
    return Array(lines.prefix(max(0, rows - footer + canvas.footer.count)))
  }

  private func compose(_ canvas: Canvas, people: [String], feed: [String]) -> [String] {
    var lines = [heading(canvas), ""] + people + ["", contactHeading(canvas)] + feed
    if !canvas.footer.isEmpty {
      lines.append("")
      lines += canvas.footer.map { canvas.ink(DisplayText.safe($0), .faint) }
    }
    return lines
  }

  // MARK: Heading

  private func heading(_ canvas: Canvas) -> String {
    let ink = canvas.ink
    let census = census
    var parts = [(plain: "\(rows.count) \(rows.count == 1 ? "person" : "people")", shown: "")]
    parts[0].shown = ink(parts[0].plain, .strong)
    for state in [PresenceState.online, .busy, .away, .offline] {
      let text = "\(census.states[state] ?? 0) \(state)"
      parts.append((plain: "● \(text)", shown: "\(PresenceMark.dot(state, .fresh, ink)) \(text)"))
    }
    if census.unknown > 0 {
      parts.append((plain: "? \(census.unknown) unknown", shown: ink("? \(census.unknown) unknown", .faint)))
    }
    let right = parts.map(\.plain).joined(separator: "  ")
    let shown = parts.map(\.shown).joined(separator: "  ")
    let clock = PresenceMark.timeOfDay(canvas.now)
    let room = canvas.columns - DisplayText.width(of: right) - clock.count - 4
    guard room > 8 else {
      return DisplayText.width(of: right) > canvas.columns ? DisplayText.cell(right, width: canvas.columns) : shown
    }
    return "\(ink(DisplayText.padded(canvas.title, to: room), .strong))  \(shown)  \(ink(clock, .faint))"
  }

  private func contactHeading(_ canvas: Canvas) -> String {
    var parts = ["\(totals.chats) to chat", "\(totals.mails) to mail", "\(totals.refused) refused"]
    if totals.expired > 0 { parts.append("\(totals.expired) expired") }
    return canvas.ink(DisplayText.cell("CONTACT  \(parts.joined(separator: ", "))", width: canvas.columns), .faint)
  }

  // MARK: People

  private func peopleLines(_ canvas: Canvas, limit: Int) -> [String] {
    guard !rows.isEmpty else { return [canvas.ink("nobody yet", .faint)] }
    let shown = latest(limit: limit)
    let widths = Widths(shown.map(\.person), columns: canvas.columns)
    let header = widths.join(["", "USER", "STATE", "MESSAGE", "QUALITY", "SOURCE", "FOR"])
    var lines = [canvas.ink(header, .faint)]
    lines += shown.map { row in line(of: row, widths, canvas) }
    let hidden = rows.count - shown.count
    if hidden > 0 { lines.append(canvas.ink("  … and \(hidden) more, unchanged for longer", .faint)) }
    return lines
  }

  /// By name; where not all have room, those that changed last.
  private func latest(limit: Int) -> [Row] {
    let all = Array(rows.values)
    let chosen = all.count <= limit ? all : Array(all.sorted { $0.order > $1.order }.prefix(max(0, limit - 1)))
    return chosen.sorted { $0.person.user < $1.person.user }
  }

  private func line(of row: Row, _ widths: Widths, _ canvas: Canvas) -> String {
    let ink = canvas.ink
    let person = row.person
    let isNews = canvas.now.milliseconds - row.changedAt.milliseconds < 2_000
    let isUncertain = person.quality == .unknown || person.quality == .disabled
    let user = DisplayText.padded(person.user, to: widths.user)
    let state = DisplayText.padded(isUncertain ? "" : "\(person.state)", to: widths.state)
    let quality = DisplayText.padded("\(person.quality)", to: widths.quality)
    let tail = [
      DisplayText.padded(person.message, to: widths.message),
      person.quality == .fresh ? ink(quality, .faint) : ink(quality, .wait),
      ink(DisplayText.padded(person.source, to: widths.source), .faint),
      ink(PresenceMark.age(of: person.observedAt, now: canvas.now), .faint),
    ]
    return "\(PresenceMark.dot(person.state, person.quality, ink)) "
      + ([isNews ? ink(user, .strong) : user, state] + tail).joined(separator: "  ")
  }

  /// The columns of the table: as wide as needed, the message taking what is left.
  private struct Widths {
    var user: Int
    let state = 7
    var message: Int
    let quality = 8
    var source: Int
    let age = 4

    init(_ people: [BoardEvent.Person], columns: Int) {
      user = min(24, max(4, people.map { DisplayText.width(of: $0.user) }.max() ?? 0))
      source = min(20, max(6, people.map { DisplayText.width(of: $0.source) }.max() ?? 0))
      message = max(7, columns - 2 - user - state - quality - source - age - 10)
    }

    func join(_ cells: [String]) -> String {
      let widths = [user, state, message, quality, source, age]
      return "  "
        + zip(cells.dropFirst(), widths).map { DisplayText.padded($0, to: $1) }.joined(separator: "  ")
    }
  }

  // MARK: Contact

  private func feedLines(_ canvas: Canvas, limit: Int) -> [String] {
    guard !contacts.isEmpty else { return [canvas.ink("no requests yet", .faint)] }
    // Partitions are read one after the other, so that the order of arrival is not that of time.
    let latest = contacts.enumerated().sorted { ($0.element.at, $0.offset) > ($1.element.at, $1.offset) }
    let shown = latest.prefix(limit).map(\.element)
    // Aligned, unless a very long name would push everything to the right.
    let pairWidth = min(30, shown.map { DisplayText.width(of: $0.pair) }.max() ?? 0)
    return shown.map { $0.line(canvas, pairWidth: pairWidth) }
  }
}
