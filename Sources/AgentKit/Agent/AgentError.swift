// SPDX-License-Identifier: Apache-2.0

/// Why a network could not be asked, or why its answer could not be used.
///
/// `description` names no person and no address; it may be logged and published. `detail` may name them: it shows in
/// `debugDescription` alone.
public struct AgentError: Error, Hashable, Sendable {
  /// The kind of a failure; travels as `failure.code` in events. Agents may add codes of their own.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// The name.
    public let rawValue: String

    /// A code of that name, in camel case.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The agent did not answer within its time-out.
    public static let timeout = Code(rawValue: "timeout")
    /// No connection, or it broke.
    public static let connectionFailed = Code(rawValue: "connectionFailed")
    /// The network refuses the agent's credentials.
    public static let unauthorized = Code(rawValue: "unauthorized")
    /// The network was asked too often.
    public static let rateLimited = Code(rawValue: "rateLimited")
    /// The network says that it cannot answer at the moment.
    public static let unavailable = Code(rawValue: "unavailable")
    /// The answer is none that the agent understands.
    public static let badAnswer = Code(rawValue: "badAnswer")
    /// The answer is larger than the agent takes.
    public static let tooLarge = Code(rawValue: "tooLarge")
    /// The agent failed too often lately and is left alone for a while.
    public static let circuitOpen = Code(rawValue: "circuitOpen")
    /// No agent claims the address.
    public static let notClaimed = Code(rawValue: "notClaimed")
    /// There was no answer by the deadline of the one who asked.
    public static let deadlinePassed = Code(rawValue: "deadlinePassed")
    /// More are waiting for the agent than it may keep waiting.
    public static let overloaded = Code(rawValue: "overloaded")
    /// The one who asked has gone, or the chain is closing.
    public static let cancelled = Code(rawValue: "cancelled")
  }

  /// The kind of the failure.
  public var code: Code
  /// What happened, without naming anybody.
  public var message: String
  /// What else is known; may name people and addresses.
  public var detail: String?
  /// How long the network wants to be left alone, where it says so.
  public var retryAfter: Duration?

  /// A failure.
  public init(_ code: Code, _ message: String, detail: String? = nil, retryAfter: Duration? = nil) {
    self.code = code
    self.message = message
    self.detail = detail
    self.retryAfter = retryAfter
  }

  /// Whether the same call may succeed a moment later.
  public var isTransient: Bool {
    switch code {
    case .connectionFailed, .rateLimited, .unavailable: true
    default: false
    }
  }

  /// Whether the failure speaks against the whole agent, rather than against one address or one moment.
  public var countsAgainstAgent: Bool {
    switch code {
    case .connectionFailed, .unavailable, .timeout, .unauthorized: true
    default: false
    }
  }
}

extension AgentError: CustomStringConvertible, CustomDebugStringConvertible {
  /// The text for people.
  public var description: String { "\(code.rawValue): \(message)" }

  /// The text with all details, which may name people.
  public var debugDescription: String { detail.map { "\(description) (\($0))" } ?? description }
}
