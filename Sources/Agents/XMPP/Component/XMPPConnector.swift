// SPDX-License-Identifier: Apache-2.0

import AgentKit
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Where a component's server is, and by which names one may connect.
struct XMPPEndpoint: Sendable {
  /// The server's host.
  var host: String
  /// Its port for components.
  var port: Int
  /// TLS from the first byte; nil for none.
  var tls: NIOSSLContext?
  /// The names, in the order in which they are tried; each is one process's at a time.
  var components: [String]
  /// How long a connection may take to come about, the server's consent included.
  var connectTimeout: Duration

  /// Whether the host is an IP address, which TLS looks for in the certificate without being told.
  var isNumeric: Bool {
    do {
      _ = try SocketAddress(ipAddress: host, port: port)
      return true
    } catch {
      return false
    }
  }
}

/// Connects a link to its server, and again whenever the connection ends.
///
/// A name that another process holds leads to the next name at once. Everything else leads to a pause: a second at
/// first, doubled up to a minute, and drawn from its upper half, so that not all come back at once.
struct XMPPConnector<Role: XMPPRole>: Sendable {
  let link: XMPPLink<Role>
  let endpoint: XMPPEndpoint

  private static var shortestPause: Duration { .seconds(1) }
  private static var longestPause: Duration { .seconds(60) }

  /// Holds a connection until the task is cancelled.
  func run() async {
    var failures = 0
    var taken = 0
    while !Task.isCancelled {
      let component = endpoint.components[taken % endpoint.components.count]
      let ending = await connect(as: component)
      if ending.wasReady { (failures, taken) = (0, 0) }
      if ending.end == .conflict {
        taken += 1
        if taken < endpoint.components.count { continue }
        taken = 0
      }
      let pause = min(Self.longestPause, Self.shortestPause * (1 << min(failures, 6)))
      failures += 1
      do {
        try await Task.sleep(for: pause * Double.random(in: 0.5...1))
      } catch {
        return  // cancelled
      }
    }
  }

  /// One connection, from its beginning to its end.
  private func connect(as component: String) async -> XMPPLink<Role>.Ending {
    link.connecting(as: component)
    let (link, endpoint) = (link, endpoint)
    let attempt = XMPPAttempt()
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(TimeAmount(endpoint.connectTimeout))
      .channelOption(.socketOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        attempt.channel.withLock { $0 = channel }
        return channel.eventLoop.makeCompletedFuture {
          if let tls = endpoint.tls {
            try channel.pipeline.syncOperations.addHandler(
              NIOSSLClientHandler(context: tls, serverHostname: endpoint.isNumeric ? nil : endpoint.host)
            )
          }
          try channel.pipeline.syncOperations.addHandler(
            XMPPChannelHandler(link) { attempt.fail($0) }
          )
        }
      }
    return await withTaskCancellationHandler {
      do {
        let channel = try await bootstrap.connect(host: endpoint.host, port: endpoint.port).get()
        if Task.isCancelled { channel.close(promise: nil) }
        let opening = channel.eventLoop.scheduleTask(in: TimeAmount(endpoint.connectTimeout + XMPPNameClaim.patience)) {
          if link.isReady { return }
          attempt.fail(XMPPAttempt.TimedOut())
          channel.close(promise: nil)
        }
        try await channel.closeFuture.get()
        opening.cancel()
      } catch {
        attempt.fail(error)
      }
      return link.closed(Self.error(attempt.failure.withLock { $0 }))
    } onCancel: {
      guard let channel = attempt.channel.withLock({ $0 }) else { return }
      channel.pipeline.fireUserInboundEventTriggered(XMPPChannelHandler<Role>.End())
      if !channel.isActive { channel.close(promise: nil) }
    }
  }

  private static func error(_ error: (any Error)?) -> AgentError {
    switch error {
    case nil: AgentError(.connectionFailed, "The connection to the XMPP server has ended.")
    case is XMPPAttempt.TimedOut:
      AgentError(.timeout, "The XMPP server does not take the component within http.connectTimeout.")
    case let error as NIOSSLError: untrusted(error)
    case let error as NIOSSLExtraError: untrusted(error)
    case let error?: AgentError(.connectionFailed, "The XMPP server cannot be reached.", detail: "\(error)")
    }
  }

  private static func untrusted(_ error: any Error) -> AgentError {
    AgentError(.connectionFailed, "The XMPP server cannot be trusted, or speaks no TLS.", detail: "\(error)")
  }
}

/// What becomes of one connection.
private final class XMPPAttempt: Sendable {
  /// The server did not take the component in time.
  struct TimedOut: Error {}

  let channel = Mutex<(any Channel)?>(nil)
  let failure = Mutex<(any Error)?>(nil)

  /// Notes an error; the first one is the cause of those that follow.
  func fail(_ error: any Error) { failure.withLock { $0 = $0 ?? error } }
}
