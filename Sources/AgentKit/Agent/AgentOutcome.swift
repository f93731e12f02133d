// SPDX-License-Identifier: Apache-2.0

/// What became of looking an address up. Everything that is expected to happen is a value.
public enum AgentOutcome: Hashable, Sendable {
  /// The network answered.
  case answered(AgentAnswer)
  /// The network was asked and tells nothing of the address; forbidden and not found are alike. Never means online.
  case unknown
  /// The network wants to be left alone, for a while where it says so.
  case unavailable(retryAfter: Duration?)
  /// The network could not be asked, or its answer could not be used.
  case failed(AgentError)

  /// What a failed call comes to.
  public init(_ error: AgentError) {
    switch error.code {
    case .rateLimited, .unavailable: self = .unavailable(retryAfter: error.retryAfter)
    default: self = .failed(error)
    }
  }

  /// The failure as events carry it; nil for `answered` and `unknown`.
  public var failure: AgentError? {
    switch self {
    case .answered, .unknown: nil
    case .unavailable(let retryAfter):
      AgentError(.unavailable, "The network cannot be asked at the moment.", retryAfter: retryAfter)
    case .failed(let error): error
    }
  }
}
