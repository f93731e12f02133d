// SPDX-License-Identifier: Apache-2.0

/// What a resolver says of itself, for health, metrics and people.
public struct ResolverStatus: Sendable {
  /// What look-ups of one agent came to: a state, `unknown`, or the code of a failure.
  public struct Result: Hashable, Sendable {
    /// The agent that claims the address; empty where none does.
    public var agent: String
    /// `answered`, `unknown`, or the code of the failure.
    public var code: String
  }

  /// Whether it is a member of its group with an assignment.
  public var isReady = false
  /// Whether it has come to its end.
  public var isStopped = false
  /// When it was ready for the last time (monotonic milliseconds); nil where it never was.
  public var lastReadyAt: Int64?
  /// The partitions that it reads.
  public var partitions: [Int32] = []
  /// Look-ups under way.
  public var underWay = 0
  /// The bytes that they take.
  public var underWayBytes = 0
  /// When the oldest unanswered look-up was published (monotonic milliseconds); nil where none is under way.
  public var oldestSince: Int64?
  /// Look-ups read.
  public var lookups = 0
  /// How long look-ups took, from when they were read to when their end was known, by what they came to.
  public var results: [Result: DurationHistogram] = [:]
  /// Look-ups that came past their deadline and were sent on without a call.
  public var late = 0
  /// Look-ups that were sent on at once because too much waited for their agent.
  public var overloaded = 0
  /// Look-ups that came from an enricher with another list of agents.
  public var foreignAgents = 0
  /// Look-ups that could not be read, or whose answer no topic takes, by the code of their dead letter.
  public var deadLetters: [String: Int] = [:]
  /// Times that it had to make new clients.
  public var reconnects = 0
  /// Times that it went over to other agents.
  public var reloads = 0
  /// How far behind it is: from the lowest unfinished look-up of each partition.
  public var lags: [PartitionLag] = []
  /// What keeps it from being ready, for people.
  public var fault: String?

  /// A resolver that has not begun.
  public init() {}

  /// Answers with a state.
  public var answered: Int { results.reduce(0) { $0 + ($1.key.code == "answered" ? $1.value.count : 0) } }
  /// Answers without one.
  public var failed: Int { results.reduce(0) { $0 + $1.value.count } - answered }

  /// The kinds of results that are told apart; agents may invent codes, which count as `other` beyond this many.
  static let maximumResults = 400

  mutating func note(_ result: Result, milliseconds: Int64) {
    var known = result
    if results[known] == nil, results.count >= Self.maximumResults { known.code = "other" }
    results[known, default: .latencies].record(milliseconds: milliseconds)
  }
}
