// SPDX-License-Identifier: Apache-2.0

/// What kind of input a record was.
public enum EventKind: UInt8, CaseIterable, Sendable {
  /// A change that could not be read far enough to tell which kind it is.
  case change
  /// A change that a gateway or the portal pushed.
  case push
  /// A change without a state: "look".
  case ask
  /// The resolver's answer.
  case answer
  /// A profile.
  case profile
  /// A profile without a value.
  case deletion
  /// A contact request as the portal sent it.
  case request
  /// A contact request that comes back from the resolver.
  case returnedRequest

  /// What can become of it.
  public var outcomes: [EventOutcome] {
    switch self {
    case .change: [.deadLetter]
    case .push: [.applied, .older, .repeated, .superseded, .beforeDeletion, .rerouted, .deadLetter]
    case .ask: [.applied, .unclaimed, .beforeDeletion, .rerouted, .deadLetter]
    case .answer: [.applied, .failed, .late, .foreign, .beforeDeletion, .rerouted, .deadLetter]
    case .profile: [.applied, .older, .deadLetter]
    case .deletion: [.applied, .repeated, .deadLetter]
    case .request: [.decided, .waiting, .repeated, .rerouted, .deadLetter]
    case .returnedRequest: [.decided, .waiting, .repeated, .rerouted, .deadLetter]
    }
  }
}

/// What became of an input record; each has exactly one.
public enum EventOutcome: UInt8, CaseIterable, Sendable {
  /// It had its effect.
  case applied
  /// Something newer of the same origin was known.
  case older
  /// It was known: the same change, a request that had been decided, a deletion of who was gone.
  case repeated
  /// A fresh view of the whole identity had replaced it before it came.
  case superseded
  /// It was observed before the user was deleted.
  case beforeDeletion
  /// An answer for an address that counts no more.
  case foreign
  /// An answer that was older than what is known.
  case late
  /// An answer that said that nothing could be found out.
  case failed
  /// An ask that no agent can be asked for.
  case unclaimed
  /// A request that ended.
  case decided
  /// A request that went on as a look-up.
  case waiting
  /// It was sent to the partition that it belongs to.
  case rerouted
  /// It could not be processed.
  case deadLetter
}

/// How many inputs of each kind came to which end.
public struct EventTally: Sendable, Equatable {
  private static let width = EventOutcome.allCases.count
  private var counts = [Int](repeating: 0, count: EventKind.allCases.count * width)

  /// Nothing counted.
  public init() {}

  /// How many inputs of a kind came to an end.
  public subscript(_ kind: EventKind, _ outcome: EventOutcome) -> Int {
    counts[Int(kind.rawValue) * Self.width + Int(outcome.rawValue)]
  }

  /// How many inputs of a kind there were.
  public subscript(_ kind: EventKind) -> Int { EventOutcome.allCases.reduce(0) { $0 + self[kind, $1] } }

  /// How many inputs came to an end, whatever their kind.
  public subscript(_ outcome: EventOutcome) -> Int { EventKind.allCases.reduce(0) { $0 + self[$1, outcome] } }

  mutating func count(_ kind: EventKind, _ outcome: EventOutcome) {
    counts[Int(kind.rawValue) * Self.width + Int(outcome.rawValue)] += 1
  }

  /// Takes over the numbers of another tally, without new memory.
  mutating func copy(from other: EventTally) {
    for index in counts.indices { counts[index] = other.counts[index] }
  }
}
