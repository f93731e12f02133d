// SPDX-License-Identifier: Apache-2.0

import AgentKit
import NIOCore
import NIOPosix
import NIOSSL

/// What a connection tells the client that has opened it; called on the event loop.
protocol SIPConnectionDelegate: AnyObject {
  func connectionOpened(_ number: UInt64, channel: any Channel, local: String, remote: SocketAddress)
  func connectionReceived(_ number: UInt64, _ message: SIPMessage)
  func connectionRefused(_ number: UInt64, _ refusal: SIPRefusal)
  func connectionEnded(_ number: UInt64, _ error: AgentError, _ refusal: SIPRefusal?)
}

/// Opens the connection to the server over UDP, TCP or TLS.
struct SIPConnector {
  let settings: SIPSettings
  /// The context of TLS; nil for the other transports.
  private let tls: NIOSSLContext?

  /// Reads the files of TLS.
  ///
  /// - Throws: where a certificate or a key cannot be read.
  init(_ settings: SIPSettings) throws {
    self.settings = settings
    guard settings.transport == .tls else {
      tls = nil
      return
    }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if let file = settings.tls.caFile { configuration.trustRoots = .file(file) }
    if let file = settings.tls.certificateFile {
      configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
    }
    if let file = settings.tls.keyFile {
      configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: file, format: .pem))
    }
    tls = try NIOSSLContext(configuration: configuration)
  }

  /// Opens the connection that has this number; what becomes of it is told to the delegate.
  func open(_ number: UInt64, on loop: any EventLoop, for delegate: any SIPConnectionDelegate & Sendable) {
    let opening: EventLoopFuture<any Channel>
    switch settings.transport {
    case .udp: opening = openDatagram(number, on: loop, for: delegate)
    case .tcp, .tls: opening = openStream(number, on: loop, for: delegate)
    }
    opening.whenFailure { error in
      let detail = "\(error)"
      delegate.connectionEnded(
        number,
        AgentError(.connectionFailed, "The presence server cannot be reached.", detail: detail),
        nil
      )
    }
  }

  private func openStream(
    _ number: UInt64,
    on loop: any EventLoop,
    for delegate: any SIPConnectionDelegate & Sendable
  ) -> EventLoopFuture<any Channel> {
    let (settings, tls) = (settings, tls)
    return ClientBootstrap(group: loop)
      .connectTimeout(TimeAmount(settings.timeout))
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            // An address has no name to indicate; it is looked for in the certificate all the same.
            let name = Self.isAddress(settings.host) ? nil : settings.host
            try channel.pipeline.syncOperations.addHandler(try NIOSSLClientHandler(context: tls, serverHostname: name))
          }
          try channel.pipeline.syncOperations.addHandler(
            SIPStreamHandler(
              number: number,
              maximumBodyBytes: settings.maximumBodyBytes,
              awaitsHandshake: tls != nil,
              delegate: delegate
            )
          )
        }
      }
      .connect(host: settings.host, port: settings.port)
  }

  /// A socket of UDP that is bound to the address by which the server is reached. It is not connected, so that what
  /// comes from elsewhere is seen, counted and refused.
  private func openDatagram(
    _ number: UInt64,
    on loop: any EventLoop,
    for delegate: any SIPConnectionDelegate & Sendable
  ) -> EventLoopFuture<any Channel> {
    // A connected socket, for a moment, tells both addresses: of the server's name, and of the way to it.
    DatagramBootstrap(group: loop).connect(host: settings.host, port: settings.port).flatMap { probe in
      guard let local = probe.localAddress, let remote = probe.remoteAddress else {
        return loop.makeFailedFuture(ChannelError.unknownLocalAddress)
      }
      return probe.close().flatMap {
        DatagramBootstrap(group: loop)
          .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
              try channel.pipeline.syncOperations.addHandler(
                SIPDatagramHandler(number: number, server: remote, delegate: delegate)
              )
            }
          }
          .bind(to: Self.withoutPort(local))
      }
    }
  }

  private static func isAddress(_ host: String) -> Bool {
    (try? SocketAddress(ipAddress: host, port: 0)) != nil  // what is no address is a name
  }

  private static func withoutPort(_ address: SocketAddress) -> SocketAddress {
    var address = address
    address.port = 0
    return address
  }
}

extension SocketAddress {
  /// Address and port as `Via` and `Contact` have them.
  var sipText: String? {
    guard let address = ipAddress, let port else { return nil }
    return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}
