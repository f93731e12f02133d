// SPDX-License-Identifier: Apache-2.0

/// Where and how the HTTP surface listens.
public struct OperationsSettings: Sendable {
  /// The port of a worker that was told none.
  public static let usualPort = 9464

  /// The address; the loopback's by default, so that nobody reads from outside what nobody has opened.
  public var address = "127.0.0.1"
  /// The port; 0 is any free one. Nil is `usualPort`, or any free one where another process has that.
  public var port: Int?
  /// What has to be in `Authorization: Bearer …` of everything but health; nil asks for nothing.
  public var token: BearerToken?
  /// Connections at a time; others wait to be accepted.
  public var maximumConnections = 64
  /// The bytes of all headers of a request.
  public var maximumHeaderBytes = 8 << 10
  /// How long a connection may be without a whole request.
  public var idleTimeout = Duration.seconds(30)

  /// The defaults.
  public init() {}
}
