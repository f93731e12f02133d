// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Gives tokens to clients that authenticate with SASL OAUTHBEARER.
///
/// Where tokens come from is not this module's business: the closure is asked on a thread of librdkafka's own, which it
/// may block, but not for long, as closing the client waits for it. A client asks before its first connection, again
/// when four fifths of a token's life have passed, and ten seconds after a failure. One provider may serve many clients.
public final class KafkaTokenProvider: Sendable {
  private let source: @Sendable () throws(KafkaTokenFailure) -> KafkaToken
  private let failure = Mutex<String?>(nil)

  /// A provider that asks `source` for every token.
  public init(_ source: @escaping @Sendable () throws(KafkaTokenFailure) -> KafkaToken) {
    self.source = source
  }

  /// Why the last token could not be had; nil where it could.
  ///
  /// For messages: a client without a token only says that no broker answers.
  public var lastFailure: String? { failure.withLock { $0 } }

  func token() throws(KafkaTokenFailure) -> KafkaToken {
    do throws(KafkaTokenFailure) {
      let token = try source()
      failure.withLock { $0 = nil }
      return token
    } catch {
      failure.withLock { $0 = error.reason }
      throw error
    }
  }
}

extension KafkaTokenProvider: Equatable {
  /// Whether both are the same provider.
  public static func == (left: KafkaTokenProvider, right: KafkaTokenProvider) -> Bool { left === right }
}

/// A token with which a client shows who it is.
public struct KafkaToken: Sendable, Equatable {
  /// The token as it is sent; a secret.
  public var value: String

  /// When it ends, in milliseconds since 1970.
  public var expiresAt: Int64

  /// Whose it is, for librdkafka's logs; the broker reads it from the token itself.
  public var principal: String

  /// The SASL extensions that go with it, such as a logical cluster's name.
  public var extensions: [String: String]

  /// Makes a token.
  public init(value: String, expiresAt: Int64, principal: String, extensions: [String: String] = [:]) {
    self.value = value
    self.expiresAt = expiresAt
    self.principal = principal
    self.extensions = extensions
  }
}

extension KafkaToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The principal and the end, without the token.
  public var description: String { "token of \(principal) until \(expiresAt)" }

  /// As ``description``.
  public var debugDescription: String { description }

  /// No children, so that `dump` shows no token either.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why there is no token.
public struct KafkaTokenFailure: Error, Sendable, Equatable {
  /// What happened and what to do, without secrets; it appears in logs.
  public var reason: String

  /// A failure of that reason.
  public init(_ reason: String) { self.reason = reason }
}
