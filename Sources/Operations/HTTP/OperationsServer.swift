// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The HTTP surface for operators: metrics, health, and how the process is.
public struct OperationsServer: Service {
  private let settings: OperationsSettings
  private let sources: OperationsSources
  private let logger: Logger

  /// A server that listens when it is run.
  public init(_ settings: OperationsSettings, sources: OperationsSources, logger: Logger) {
    self.settings = settings
    self.sources = sources
    self.logger = logger
  }

  /// Listens and answers until the process is to end.
  ///
  /// - Throws: `OperationsFailure` where nothing can listen there.
  public func run() async throws {
    do {
      try await serve(port: settings.port ?? OperationsSettings.usualPort)
    } catch let failure as OperationsFailure where failure.isTaken && settings.port == nil {
      logger.notice(
        "The usual port of the HTTP surface is taken; another one is used",
        metadata: ["port": "\(OperationsSettings.usualPort)"]
      )
      try await serve(port: 0)
    }
  }

  private func serve(port: Int) async throws {
    var quiet = logger
    quiet.logLevel = max(.warning, logger.logLevel)
    var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
    decoder.maxHeaderFieldSize = settings.maximumHeaderBytes
    decoder.maxHeaderListSize = settings.maximumHeaderBytes
    decoder.maxHeaderFieldCount = 100
    let application = Application(
      router: OperationsRouter.make(sources, token: settings.token),
      server: .http1(
        configuration: HTTP1Channel.Configuration(
          idleTimeout: TimeAmount(settings.idleTimeout),
          httpDecoderConfiguration: decoder
        )
      ),
      configuration: ApplicationConfiguration(
        address: .hostname(settings.address, port: port),
        availableConnectionsDelegate: MaximumAvailableConnections(settings.maximumConnections)
      ),
      onServerRunning: { [logger] channel in
        logger.info(
          "Listening for HTTP",
          metadata: [
            "address": "\(settings.address)", "port": .stringConvertible(channel.localAddress?.port ?? port),
          ]
        )
      },
      logger: quiet
    )
    do {
      try await application.run()
    } catch let error as IOError {
      throw OperationsFailure(errno: error.errnoCode, address: settings.address, port: port)
    } catch let error as SocketAddressError {
      throw OperationsFailure(address: settings.address, port: port, reason: "no such address (\(error))")
    }
  }
}

/// Why the HTTP surface does not listen.
public struct OperationsFailure: Error, CustomStringConvertible, Sendable {
  /// Whether another process listens there.
  public let isTaken: Bool
  /// What happened.
  public let description: String

  init(errno code: Int32, address: String, port: Int) {
    isTaken = code == EADDRINUSE
    let reason = code == EADDRINUSE ? "another process listens there" : String(cString: strerror(code))
    description = "the HTTP surface cannot listen at \(address):\(port): \(reason)"
  }

  init(address: String, port: Int, reason: String) {
    isTaken = false
    description = "the HTTP surface cannot listen at \(address):\(port): \(reason)"
  }
}

extension OperationsServer: CustomStringConvertible {
  /// What a service group logs of the service: not what it holds, which may be secret.
  public var description: String { "OperationsServer" }
}
