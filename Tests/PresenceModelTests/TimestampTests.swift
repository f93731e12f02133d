// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct TimestampTests {
  private func parse(_ text: String) -> Int64? {
    ByteView.withView(of: text) { Timestamp(rfc3339: $0)?.milliseconds }
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0),
    ("1970-01-01T00:00:00.000Z", 0),
    ("1969-12-31T23:59:59.999Z", -1),
    ("2000-01-01T00:00:00Z", 946_684_800_000),
    ("2026-11-22T08:15:30.123Z", 1_795_335_330_123),
    ("2026-11-22t08:15:30.123z", 1_795_335_330_123),
    ("2026-11-22 08:15:30.123Z", 1_795_335_330_123),
    ("2026-11-22T08:15:30.1239999Z", 1_795_335_330_123),  // cut, not rounded
    ("2026-11-22T08:15:30.1Z", 1_795_335_330_100),
    ("2026-11-22T08:15:30.000000001Z", 1_795_335_330_000),
    ("2026-11-22T09:45:30.123+01:30", 1_795_335_330_123),
    ("2026-11-21T23:15:30.123-09:00", 1_795_335_330_123),
    ("2026-11-22T08:15:30.123-00:00", 1_795_335_330_123),
    ("2016-12-31T23:59:60Z", 1_483_228_800_000),  // a leap second is the next minute's first moment
    ("2024-02-29T00:00:00Z", 1_709_164_800_000),
    ("2199-12-31T23:59:59.999Z", 7_258_118_399_999),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ("2026-11-22T08:15:30.1234567890123456789Z", 1_795_335_330_123),
  ])
  func dateTimesAreRead(_ text: String, _ milliseconds: Int64) {
    #expect(parse(text) == milliseconds)
  }

  @Test(arguments: [
    "", "Z", "2026-11-22", "2026-11-22T08:15:30", "2026-11-22T08:15Z", "2026-11-22T08:15:30.Z", "2026-11-22T08:15:30.1",
    "2026-11-22T08:15:30.123Zx", "2026-11-22T08:15:30+0100", "2026-11-22T08:15:30+01", "2026-11-22T08:15:30+24:00",
    "2026-11-22T08:15:30+01:60", "2026-11-22T08:15:30+01:30x", "2026-11-22_08:15:30Z", "2026/11/22T08:15:30Z",
    "2026-00-22T08:15:30Z", "2026-13-22T08:15:30Z", "2026-11-00T08:15:30Z", "2026-11-31T08:15:30Z",
    "2026-02-29T08:15:30Z", "1900-02-29T08:15:30Z", "2026-11-22T24:00:00Z", "2026-11-22T08:60:30Z",
    "2026-11-22T08:15:61Z", "+026-11-22T08:15:30Z", "2026-1a-22T08:15:30Z", " 2026-11-22T08:15:30Z",
    "2026-11-22T08:15:30.12345678901234567890Z", "2026-11-22T08:15:30\u{0}", "２026-11-22T08:15:30Z",
  ])
  func whatIsNoDateTimeIsRefused(_ text: String) {
    #expect(parse(text) == nil)
  }

  /// Every day of the accepted range against a calendar that counts days one by one.
  @Test func everyDayIsReadAndWritten() {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var milliseconds = Timestamp.earliestAccepted.milliseconds
    var wrong: [String] = []
    for year in 2000...2199 {
      let isLeap = year % 400 == 0 || year % 4 == 0 && year % 100 != 0
      for month in 1...12 {
        for day in 1...(month == 2 && isLeap ? 29 : lengths[month - 1]) {
          let date = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
          let last = milliseconds + 86_399_999
          if parse("\(date)T00:00:00Z") != milliseconds
            || Timestamp(milliseconds: milliseconds).description != "\(date)T00:00:00.000Z"
            || parse("\(date)T23:59:59.999Z") != last
            || Timestamp(milliseconds: last).description != "\(date)T23:59:59.999Z"
          {
            wrong.append(date)
          }
          milliseconds += 86_400_000
        }
      }
    }
    #expect(wrong == [])
    #expect(milliseconds - 1 == Timestamp.latestAccepted.milliseconds)
  }

  @Test func whatIsWrittenIsReadAgain() {
    var generator = SeededGenerator(seed: 1)
    var wrong: [Int64] = []
    for _ in 0..<20_000 {
      let value = Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &generator)
      if parse(Timestamp(milliseconds: value).description) != value { wrong.append(value) }
    }
    #expect(wrong == [])
  }

  @Test func momentsBeyondFourDigitsOfYearsAreHeldToThem() {
    #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
    #expect(Timestamp(milliseconds: .min).description == "0001-01-01T00:00:00.000Z")
    #expect(Timestamp.distantPast.description == "0001-01-01T00:00:00.000Z")
  }

  @Test func addingStopsAtTheEndsOfTime() {
    #expect(Timestamp(milliseconds: 5).adding(milliseconds: -7).milliseconds == -2)
    #expect(Timestamp(milliseconds: .max).adding(milliseconds: 1).milliseconds == .max)
    #expect(Timestamp(milliseconds: .min).adding(milliseconds: -1).milliseconds == .min)
    #expect(Timestamp.distantPast < Timestamp.earliestAccepted)
  }
}
