// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct ContactDeadlineTests {
  private let requested = Timestamp(milliseconds: 1_000_000)

  private func deadline(_ channel: ContactChannel, _ seconds: Int32?, seenAfter delay: Int64 = 0) -> ContactDeadline {
    ContactDeadline(
      channel: channel,
      requestedAt: requested,
      expiresInSeconds: seconds,
      now: requested.adding(milliseconds: delay)
    )
  }

  @Test func mailExpiresOnlyWhereTheRequestSaysSo() {
    let never = deadline(.mail, nil)
    #expect(never.expiresAt == nil)
    #expect(never.time(at: Timestamp(milliseconds: .max)) == .enough)
    #expect(deadline(.mail, 60).time(at: requested.adding(milliseconds: 60_000)) == .expired)
  }

  @Test(arguments: [ContactChannel.auto, .im])
  func otherChannelsHaveTenSeconds(_ channel: ContactChannel) {
    let deadline = deadline(channel, nil)
    #expect(deadline.expiresAt == requested.adding(milliseconds: 10_000))
    #expect(deadline.lookUpBy == requested.adding(milliseconds: 7_000))
  }

  @Test(arguments: [
    (Int64(0), ContactTime.enough), (6_999, .enough), (7_000, .tooLittleForLookup), (9_999, .tooLittleForLookup),
    (10_000, .expired), (.max, .expired),
  ])
  func timeRunsOutInTwoSteps(_ age: Int64, _ time: ContactTime) {
    #expect(deadline(.im, nil).time(at: requested.adding(milliseconds: age)) == time)
  }

  @Test func aRequestThatWaitedLongIsAsOldAsItIs() {
    let deadline = deadline(.auto, 10, seenAfter: 60_000)
    #expect(deadline.expiresAt == requested.adding(milliseconds: 10_000))
    #expect(deadline.time(at: requested.adding(milliseconds: 60_000)) == .expired)
  }

  @Test func anAgeIsNeverNegative() {
    let deadline = deadline(.auto, 10, seenAfter: -3_600_000)
    #expect(deadline.expiresAt == requested.adding(milliseconds: -3_590_000))
    #expect(deadline.time(at: requested.adding(milliseconds: -3_600_000)) == .enough)
  }

  @Test(arguments: [Int32(0), -1, .min])
  func aRequestWithoutAnyTimeIsExpiredAtOnce(_ seconds: Int32) {
    #expect(deadline(.im, seconds).time(at: requested) == .expired)
  }

  @Test func theLongestTimeDoesNotOverflow() {
    #expect(deadline(.im, .max).expiresAt == requested.adding(milliseconds: Int64(Int32.max) * 1_000))
    let late = ContactDeadline(
      channel: .im,
      requestedAt: Timestamp(milliseconds: .max),
      expiresInSeconds: 1,
      now: Timestamp(milliseconds: .max)
    )
    #expect(late.expiresAt == Timestamp(milliseconds: .max))
  }
}
