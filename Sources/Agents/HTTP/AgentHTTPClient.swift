// SPDX-License-Identifier: Apache-2.0

public import AgentKit

/// A request of an agent.
public struct AgentHTTPRequest: Hashable, Sendable {
  /// Which redirects are followed.
  public enum Redirects: String, Hashable, CaseIterable, Sendable {
    /// None: a redirect is an answer like any other.
    case none
    /// Up to three, to the same scheme, host and port.
    case sameHost
  }

  /// A header field.
  public struct Header: Hashable, Sendable {
    /// The field's name.
    public var name: String
    /// The field's value; may be a secret.
    public var value: String

    /// A header field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The method, in upper case.
  public var method: String
  /// The URL; `http` or `https`.
  public var url: String
  /// The header fields, beside those that the client adds.
  public var headers: [Header]
  /// The body, nil for none.
  public var body: [UInt8]?
  /// Which redirects are followed.
  public var redirects: Redirects
  /// Whether bodies are secret, the request's and the answer's: then no trace shows them.
  public var isConfidential = false

  /// A request.
  public init(
    _ method: String,
    _ url: String,
    headers: [Header] = [],
    body: [UInt8]? = nil,
    redirects: Redirects = .none
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.redirects = redirects
  }
}

/// The answer to a request of an agent, whole.
public struct AgentHTTPResponse: Hashable, Sendable {
  /// The status code.
  public var status: Int
  /// The header fields.
  public var headers: [AgentHTTPRequest.Header]
  /// The body.
  public var body: [UInt8]

  /// An answer.
  public init(status: Int, headers: [AgentHTTPRequest.Header] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// The value of the first field of that name.
  public func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}

/// What agents need of HTTP; tests put something else behind it.
public protocol AgentHTTPClient: Sendable {
  /// Sends a request and collects the answer, body and all, within the time-out.
  ///
  /// - Throws: `connectionFailed`, `timeout`, `tooLarge`, `cancelled`, or `badAnswer` for a redirect that must not be
  ///   followed. A status is never an error here.
  func send(_ request: AgentHTTPRequest, timeout: Duration) async throws(AgentError) -> AgentHTTPResponse
}
