// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@testable import presence_worker

private let now = Timestamp(milliseconds: 1_795_335_330_000)

private func person(
  _ user: String,
  _ state: PresenceState,
  quality: PresenceQuality = .fresh,
  message: String = "",
  secondsAgo: Int64 = 90,
  version: Int64 = 1
) -> BoardEvent {
  .person(
    BoardEvent.Person(
      user: user,
      displayName: user,
      address: "sip:\(user)@corp.example",
      state: state,
      quality: quality,
      message: message,
      source: "lync-emea",
      observedAt: now.adding(milliseconds: -secondsAgo * 1_000),
      validUntil: nil,
      version: version
    )
  )
}

private func outcome(
  _ request: String,
  _ verdict: BoardEvent.Outcome.Verdict,
  state: PresenceState? = nil,
  trace: [String] = []
) -> BoardEvent {
  .outcome(
    BoardEvent.Outcome(
      request: request,
      from: "tom",
      to: "jane",
      verdict: verdict,
      state: state,
      quality: state == nil ? nil : .fresh,
      trace: trace,
      at: now
    )
  )
}

private func mail(_ request: String, _ reason: MailReason) -> BoardEvent {
  .mail(
    BoardEvent.Mail(
      request: request,
      from: "tom",
      to: "jane",
      address: "jane@corp.example",
      subject: "Hello",
      reason: reason,
      at: now
    )
  )
}

private func chat(_ request: String) -> BoardEvent {
  .chat(
    BoardEvent.Chat(
      request: request,
      from: "tom",
      to: "jane",
      client: "XMPP",
      uri: "xmpp:jane@corp.example?message",
      at: now
    )
  )
}

private func board(_ events: [BoardEvent]) -> PresenceBoard {
  var board = PresenceBoard()
  for event in events { board.apply(event, now: now.adding(milliseconds: -60_000)) }
  return board
}

private func canvas(columns: Int = 110, rows: Int? = nil, footer: [String] = []) -> PresenceBoard.Canvas {
  PresenceBoard.Canvas(columns: columns, rows: rows, now: now, title: "localhost:9092", footer: footer)
}

@Suite("The board")
struct PresenceBoardTests {
  @Test("a frame shows everybody by name, with state, message, quality, source and age")
  func people() {
    let board = board([
      person("tom", .online, secondsAgo: 5), person("jane", .busy, message: "In a meeting until 3pm"),
      person("ann", .away, quality: .stale, secondsAgo: 7_200), person("bob", .offline, quality: .unknown),
      person("eve", .offline, quality: .disabled),
    ])
    #expect(
      board.frame(canvas(columns: 92)) == [
        "localhost:9092  5 people  ● 1 online  ● 1 busy  ● 1 away  ○ 0 offline  ? 1 unknown  08:15:30",
        "",
        "  USER  STATE    MESSAGE                                           QUALITY   SOURCE     FOR ",
        "● ann   away                                                       stale     lync-emea  2h",
        "? bob                                                              unknown   lync-emea  1m",
        "– eve                                                              disabled  lync-emea  1m",
        "● jane  busy     In a meeting until 3pm                            fresh     lync-emea  1m",
        "● tom   online                                                     fresh     lync-emea  5s",
        "",
        "CONTACT  0 to chat, 0 to mail, 0 refused",
        "no requests yet",
      ]
    )
  }

  @Test("a deleted user disappears, and a later snapshot replaces an earlier one")
  func replaceAndDelete() {
    let board = board([person("tom", .online), person("jane", .busy), .gone(user: "tom"), person("jane", .away)])
    #expect(board.rows.keys.sorted() == ["jane"])
    #expect(board.rows["jane"]?.person.state == .away)
    #expect(board.census.states == [.away: 1])
  }

  @Test("where not all have room, those that changed last are shown, and the rest is counted")
  func room() {
    let events = (0..<100).map { person("user\($0 + 100)", .online) } + [person("user100", .busy)]
    let lines = board(events).frame(canvas(rows: 20))
    #expect(lines.count <= 20)
    #expect(lines.contains { $0.contains("user100") && $0.contains("busy") })
    #expect(lines.contains { $0.contains("user199") })
    #expect(!lines.contains { $0.contains("user150") })
    let shown = lines.filter { $0.contains("user1") }.count
    #expect(lines.contains { $0.contains("and \(100 - shown) more") })
  }

  @Test(
    "no line is wider than the terminal, and no frame higher",
    arguments: [20, 40, 60, 80, 200],
    [5, 8, 12, 24, 60]
  )
  func bounds(columns: Int, rows: Int) {
    let long = String(repeating: "an \u{1F600} endless 会議中 message ", count: 20)
    var events = (0..<40).map { person("user\($0)", .busy, message: long) }
    events += (0..<40).map { outcome("r\($0)", .dispatched(.mail), state: .busy, trace: [long, long]) }
    let hint = String(repeating: "h", count: 100)
    let lines = board(events).frame(canvas(columns: columns, rows: rows, footer: [hint]))
    let wrapped = lines.contains(hint) ? (100 + columns - 1) / columns - 1 : 0
    #expect(lines.count + wrapped <= rows)
    // Below some 60 columns the table keeps its columns and the terminal cuts them.
    if columns >= 80 {
      for line in lines where line != hint { #expect(DisplayText.width(of: line) <= columns, "\(line)") }
    }
  }

  @Test("a dispatch and its outcome are one line of the feed, whichever comes first", arguments: [false, true])
  func oneLine(isOutcomeFirst: Bool) {
    let events = [mail("r1", .recipientBusy), outcome("r1", .dispatched(.mail), state: .busy, trace: ["cache hit"])]
    let board = board(isOutcomeFirst ? events.reversed() : events)
    #expect(board.contacts.count == 1)
    #expect(board.totals == PresenceBoard.Totals(chats: 0, mails: 1, refused: 0, expired: 0))
    #expect(board.frame(canvas()).last == "08:15:30  tom → jane  mail    jane is busy  cache hit")
  }

  @Test("the same outcome twice is counted once")
  func repeats() {
    let board = board([outcome("r1", .expired), outcome("r1", .expired)])
    #expect(board.totals.expired == 1)
    #expect(board.contacts.count == 1)
  }

  @Test("the feed says why, for every kind of end")
  func why() {
    let board = board([
      mail("r1", .requested), outcome("r1", .dispatched(.mail)), chat("r2"),
      outcome("r2", .dispatched(.im), state: .online, trace: ["presence fresh: online", "auto: goes to im"]),
      outcome("r3", .rejected(.noSuchUser)), outcome("r4", .expired),
    ])
    #expect(
      board.frame(canvas(columns: 150)).suffix(5) == [
        "CONTACT  1 to chat, 1 to mail, 1 refused, 1 expired",
        "08:15:30  tom → jane  expired out of time",
        "08:15:30  tom → jane  refused jane is no user of the portal",
        "08:15:30  tom → jane  chat    jane is online, XMPP: xmpp:jane@corp.example?message"
          + "  presence fresh: online › auto: goes to im",
        "08:15:30  tom → jane  mail    mail was asked for",
      ]
    )
  }

  @Test("the feed keeps the latest requests and counts all")
  func feedLength() {
    var board = PresenceBoard(feedLength: 10)
    for index in 0..<50 { board.apply(outcome("r\(index)", .rejected(nil)), now: now) }
    #expect(board.contacts.map(\.request) == (40..<50).map { "r\($0)" })
    #expect(board.totals.refused == 50)
  }

  @Test("what people wrote cannot move the cursor or turn the text around")
  func hostileText() {
    let board = board([person("e\u{1B}[2Jve", .busy, message: "a\u{202E}b\nc\u{9B}d")])
    let frame = board.frame(canvas()).joined(separator: "\n")
    #expect(!frame.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" || $0 == "\u{202E}" })
    #expect(frame.contains("ab c d"))
  }

  @Test("a line of an output that is no terminal says it all")
  func plainLines() {
    let ink = Ink(isColoured: false)
    #expect(
      person("jane", .busy, message: "In a meeting", version: 7).line(now: now, ink: ink)
        == "2026-11-22T08:15:30.000Z  presence  ● jane  busy  fresh  lync-emea  v7  \u{201C}In a meeting\u{201D}"
    )
    #expect(
      BoardEvent.gone(user: "jane").line(now: now, ink: ink) == "2026-11-22T08:15:30.000Z  presence  - jane  deleted"
    )
    #expect(
      mail("r1", .recipientBusy).line(now: now, ink: ink)
        == "2026-11-22T08:15:30.000Z  mail      tom → jane  jane is busy  to jane@corp.example"
    )
    #expect(
      outcome("r1", .dispatched(.mail), state: .busy, trace: ["a", "b"]).line(now: now, ink: ink)
        == "2026-11-22T08:15:30.000Z  outcome   tom → jane  mail  jane is busy  (a › b)"
    )
  }
}

@Suite("The screen")
struct BoardScreenTests {
  @Test("the terminal is taken once, drawn over, and given back with the last frame")
  func sequence() {
    var written: [String] = []
    var screen = BoardScreen { text in
      written.append(text)
      return true
    }
    let isSeen = [screen.draw(["one", "two"]), screen.draw(["three"])]
    #expect(isSeen == [true, true])
    screen.close(leaving: ["three"])
    screen.close()
    #expect(
      written == [
        "\u{1B}[?1049h\u{1B}[?25l\u{1B}[Hone\u{1B}[K\ntwo\u{1B}[K\u{1B}[J",
        "\u{1B}[Hthree\u{1B}[K\u{1B}[J",
        "\u{1B}[?25h\u{1B}[?1049lthree\n",
      ]
    )
  }

  @Test("a screen that never drew leaves the terminal alone")
  func untouched() {
    var written: [String] = []
    var screen = BoardScreen { text in
      written.append(text)
      return true
    }
    screen.close(leaving: ["x"])
    #expect(written.isEmpty)
  }
}

@Suite("Text on a terminal")
struct DisplayTextTests {
  @Test(
    "wide characters, marks and joined emoji are as wide as terminals draw them",
    arguments: [
      ("abc", 3), ("é", 1), ("e\u{301}", 1), ("会議", 4), ("😀", 2), ("👩‍👩‍👧", 2), ("●", 1), ("→", 1), ("한", 2), ("", 0),
      ("\u{200B}", 0), ("❤️", 2), ("🇩🇪", 2),
    ]
  )
  func widths(text: String, columns: Int) {
    #expect(DisplayText.width(of: text) == columns)
  }

  @Test("a cell is never wider than asked for, and a cut shows")
  func cells() {
    #expect(DisplayText.cell("abcdef", width: 6) == "abcdef")
    #expect(DisplayText.cell("abcdef", width: 5) == "abcd…")
    #expect(DisplayText.cell("会議中です", width: 6) == "会議…")
    #expect(DisplayText.cell("abc", width: 0).isEmpty)
    #expect(DisplayText.cell("abc", width: 1) == "…")
    #expect(DisplayText.padded("会議中です", to: 6) == "会議… ")
  }

  @Test("a table is as wide as what is in it, and nothing trails")
  func table() {
    var table = TextTable(["topic", "n"])
    table.add(["a", "1"])
    table.add(["presence", ""])
    #expect(table.lines(Ink(isColoured: false)) == ["topic     n", "a         1", "presence"])
  }
}
