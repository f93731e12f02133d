// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct PresenceStateTests {
  @Test(arguments: PresenceState.allCases)
  func aStateSurvivesTheWire(_ state: PresenceState) {
    #expect(PresenceState(wireName: ByteView(state.wireName)) == state)
    #expect(state.description == String(describing: state.wireName))
    #expect(String(describing: state.displayName).lowercased() == state.description)
  }

  @Test func idleMeansOnline() {
    #expect(PresenceState(wireName: ByteView("idle")) == .online)
  }

  @Test(arguments: ["", "Online", "onlin", "online ", "dnd", "unknown"])
  func otherNamesAreNoState(_ name: String) {
    #expect(ByteView.withView(of: name) { PresenceState(wireName: $0) } == nil)
  }

  @Test(arguments: PresenceQuality.allCases)
  func aQualitySurvivesTheWire(_ quality: PresenceQuality) {
    #expect(PresenceQuality(wireName: ByteView(quality.wireName)) == quality)
    #expect(quality.description == String(describing: quality.wireName))
  }

  @Test(arguments: ["", "Fresh", "freshh", "offline"])
  func otherNamesAreNoQuality(_ name: String) {
    #expect(ByteView.withView(of: name) { PresenceQuality(wireName: $0) } == nil)
  }

  @Test func theActionsAreFourDifferentBits() {
    let all: [ActionSet] = [.viewProfile, .sendMail, .sendInstantMessage, .changeCredentials]
    #expect(all.reduce(ActionSet()) { $0.union($1) }.rawValue.nonzeroBitCount == all.count)
  }

  @Test func onlyAReadingWithAValidityWasLookedUp() {
    var reading = Reading(
      address: ByteView("sip:a@b"),
      source: ByteView("agent"),
      state: .away,
      observedAt: Timestamp(milliseconds: 1)
    )
    #expect(!reading.isLookedUp)
    reading.validUntil = Timestamp(milliseconds: 60_001)
    #expect(reading.isLookedUp)
  }
}
