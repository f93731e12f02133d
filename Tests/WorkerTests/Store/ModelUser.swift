// SPDX-License-Identifier: Apache-2.0

import PresenceModel

@testable import Worker

/// A generator of a few instructions (SplitMix64), so that a test's run can be repeated by its seed.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// A user as ordinary values, to compare packed ones with.
struct ModelUser: Equatable {
  struct ModelReading: Equatable {
    var address, source, device, message: String
    var state: PresenceState
    var standing: Reading.Standing
    var observedAt: Int64
    var sequence: Int64?
    var leaseSeconds: Int32
    var validUntil: Int64?
    var renewedAt: Int64
  }

  var name: String
  var creation, version, deletedAt: Int64
  var flags: UInt16
  var claim: Int16
  var profileUpdatedAt: Int64?
  var texts: [String]
  var interest: [Int64]
  var readings: [ModelReading]

  static func random(_ random: inout SeededRandom, name: String) -> ModelUser {
    func text(_ random: inout SeededRandom) -> String {
      String(repeating: "ä1", count: Int.random(in: 0..<3, using: &random) * Int.random(in: 0..<20, using: &random))
    }
    let texts = (0..<6).map { _ in text(&random) }
    let deleted = Int.random(in: 0..<9, using: &random) == 0
    let hasInterest = Bool.random(using: &random)
    let readings = (0..<Int.random(in: 0...16, using: &random)).map { _ in
      let lease = Bool.random(using: &random) ? Int32.random(in: 1...9_999, using: &random) : 0
      return ModelReading(
        address: Bool.random(using: &random) ? texts[2 + Int.random(in: 0..<4, using: &random)] : text(&random),
        source: "s\(Int.random(in: 0..<5, using: &random))",
        device: text(&random),
        message: text(&random),
        state: PresenceState.allCases.randomElement(using: &random) ?? .offline,
        standing: [Reading.Standing.live, .superseded, .lapsed].randomElement(using: &random) ?? .live,
        observedAt: Int64.random(in: 0..<1 << 50, using: &random),
        sequence: Bool.random(using: &random) ? Int64.random(in: .min ... .max, using: &random) : nil,
        leaseSeconds: lease,
        validUntil: Bool.random(using: &random) ? Int64.random(in: 0..<1 << 50, using: &random) : nil,
        renewedAt: lease == 0 ? 0 : Int64.random(in: 0..<1 << 40, using: &random)
      )
    }
    return ModelUser(
      name: name,
      creation: Int64.random(in: 0..<1 << 50, using: &random),
      version: Int64.random(in: 0..<1 << 50, using: &random),
      deletedAt: deleted ? Int64.random(in: 1..<1 << 50, using: &random) : 0,
      flags: (deleted ? 8 : 0) | UInt16.random(in: 0..<8, using: &random),
      claim: Int16.random(in: -1...9, using: &random),
      profileUpdatedAt: Bool.random(using: &random) ? Int64.random(in: 0..<1 << 50, using: &random) : nil,
      texts: texts,
      interest: hasInterest ? (0..<5).map { _ in Int64.random(in: 1..<1 << 50, using: &random) } : [0, 0, 0, 0, 0],
      readings: readings
    )
  }

  init(
    name: String,
    creation: Int64,
    version: Int64,
    deletedAt: Int64,
    flags: UInt16,
    claim: Int16,
    profileUpdatedAt: Int64?,
    texts: [String],
    interest: [Int64],
    readings: [ModelReading]
  ) {
    self.name = name
    self.creation = creation
    self.version = version
    self.deletedAt = deletedAt
    self.flags = flags
    self.claim = claim
    self.profileUpdatedAt = profileUpdatedAt
    self.texts = texts
    self.interest = interest
    self.readings = readings
  }

  init(_ state: UserState) {
    self.init(
      name: state.user.string,
      creation: state.creation,
      version: state.version,
      deletedAt: state.deletedAt,
      flags: state.flags.rawValue,
      claim: state.claim,
      profileUpdatedAt: state.profileUpdatedAt,
      texts: [
        state.displayName.string, state.mail.string, state.enterpriseAddress.string, state.networkAddress.string,
        state.eventAddress.string, state.networkDisplayName.string,
      ],
      interest: [
        state.interest.until, state.interest.refreshAt, state.interest.lookupIssuedAt, state.interest.lookupUntil,
        state.interest.failedUntil,
      ],
      readings: state.readings.buffer.map { reading in
        ModelReading(
          address: reading.address.string,
          source: reading.source.string,
          device: reading.device.string,
          message: reading.message.string,
          state: reading.state,
          standing: reading.standing,
          observedAt: reading.observedAt.milliseconds,
          sequence: reading.sequence,
          leaseSeconds: reading.leaseSeconds,
          validUntil: reading.validUntil?.milliseconds,
          renewedAt: reading.renewedAt
        )
      }
    )
  }

  /// Lends the user as a state whose views are valid inside of `body`.
  func withState(_ scratch: UnsafeMutablePointer<Reading>, _ body: (UserState) -> Void) {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    for text in [name] + texts + readings.flatMap({ [$0.address, $0.source, $0.device, $0.message] }) {
      let start = bytes.count
      bytes.append(contentsOf: text.utf8)
      ranges.append(start..<bytes.count)
    }
    bytes.append(0)
    bytes.withUnsafeBytes { raw in
      let view = ByteView(raw)
      var state = UserState(user: view[ranges[0]], readings: ReadingList(scratch: scratch))
      state.creation = creation
      state.version = version
      state.deletedAt = deletedAt
      state.flags = UserState.Flags(rawValue: flags)
      state.claim = claim
      state.profileUpdatedAt = profileUpdatedAt
      state.displayName = view[ranges[1]]
      state.mail = view[ranges[2]]
      state.enterpriseAddress = view[ranges[3]]
      state.networkAddress = view[ranges[4]]
      state.eventAddress = view[ranges[5]]
      state.networkDisplayName = view[ranges[6]]
      state.interest = UserState.Interest(
        until: interest[0],
        refreshAt: interest[1],
        lookupIssuedAt: interest[2],
        lookupUntil: interest[3],
        failedUntil: interest[4]
      )
      state.readings.removeAll()
      for (index, reading) in readings.enumerated() {
        let base = 7 + index * 4
        state.readings.append(
          Reading(
            address: view[ranges[base]],
            source: view[ranges[base + 1]],
            device: view[ranges[base + 2]],
            message: view[ranges[base + 3]],
            state: reading.state,
            standing: reading.standing,
            observedAt: Timestamp(milliseconds: reading.observedAt),
            sequence: reading.sequence,
            leaseSeconds: reading.leaseSeconds,
            validUntil: reading.validUntil.map(Timestamp.init(milliseconds:)),
            renewedAt: reading.renewedAt
          )
        )
      }
      body(state)
    }
  }
}
