// SPDX-License-Identifier: Apache-2.0

public import AgentKit
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// HTTP over AsyncHTTPClient: `http` and `https` only, TLS verified, answers bounded in size and time.
public final class AsyncAgentHTTPClient: AgentHTTPClient {
  /// The settings of a client.
  public struct Configuration: Hashable, Sendable {
    /// A PEM file of certificate authorities that count instead of the system's; nil for the system's.
    public var caFile: String?
    /// How many bytes of a body are taken.
    public var maximumResponseBytes: Int
    /// How long a connection may take to come about.
    public var connectTimeout: Duration
    /// How many connections to one host are held; more requests wait.
    public var maximumConnections: Int

    /// The defaults.
    public init(
      caFile: String? = nil,
      maximumResponseBytes: Int = 65_536,
      connectTimeout: Duration = .seconds(5),
      maximumConnections: Int = 64
    ) {
      self.caFile = caFile
      self.maximumResponseBytes = maximumResponseBytes
      self.connectTimeout = connectTimeout
      self.maximumConnections = maximumConnections
    }
  }

  private let client: HTTPClient
  private let maximumResponseBytes: Int

  /// A client; `shutdown` should be called in the end.
  ///
  /// - Throws: where the file of certificate authorities cannot be read.
  public init(_ configuration: Configuration = Configuration()) throws(AgentError) {
    maximumResponseBytes = configuration.maximumResponseBytes
    var tls = TLSConfiguration.makeClientConfiguration()
    if let caFile = configuration.caFile {
      do {
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
      } catch {
        throw AgentError(.connectionFailed, "The file of certificate authorities cannot be read.", detail: "\(error)")
      }
    }
    var pool = HTTPClient.Configuration.ConnectionPool(
      idleTimeout: .seconds(60),
      concurrentHTTP1ConnectionsPerHostSoftLimit: configuration.maximumConnections
    )
    pool.retryConnectionEstablishment = false  // the chain knows when to try again
    var settings = HTTPClient.Configuration(
      tlsConfiguration: tls,
      redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(configuration.connectTimeout)),
      connectionPool: pool
    )
    settings.decompression = .disabled
    settings.httpVersion = .automatic
    client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: settings)
  }

  /// Whoever fails on the way to `shutdown` leaves the connections to nobody, and AsyncHTTPClient ends a debug build then.
  deinit { client.shutdown { _ in } }  // an error says that it is shut down, or has nobody to tell

  /// Closes all connections; nothing can be sent any more.
  public func shutdown() async throws(AgentError) {
    do {
      try await client.shutdown()
    } catch {
      throw AgentError(.connectionFailed, "The HTTP client did not end well.", detail: "\(error)")
    }
  }

  /// Sends a request and collects the answer, within the time-out and the size limit.
  public func send(_ request: AgentHTTPRequest, timeout: Duration) async throws(AgentError) -> AgentHTTPResponse {
    let deadline = ContinuousClock.now.advanced(by: timeout)
    let outcome = await withTaskGroup(of: Result<AgentHTTPResponse, AgentError>?.self) { group in
      group.addTask {
        do throws(AgentError) {
          return .success(try await self.follow(request, timeout: timeout))
        } catch {
          return .failure(error)
        }
      }
      group.addTask {
        do {
          try await ContinuousClock().sleep(until: deadline)
        } catch {
          return nil  // the answer was first, or nobody wants it any more
        }
        return .failure(AgentError(.timeout, "The network did not answer in time."))
      }
      defer { group.cancelAll() }
      while let result = await group.next() {
        if let result { return result }
      }
      return .failure(.callCancelled)
    }
    return try outcome.get()
  }

  private func follow(_ request: AgentHTTPRequest, timeout: Duration) async throws(AgentError) -> AgentHTTPResponse {
    var request = request
    for _ in 0...3 {
      let response = try await exchange(request, timeout: timeout)
      guard request.redirects == .sameHost, [301, 302, 303, 307, 308].contains(response.status),
        let location = response.header("location")
      else { return response }
      guard let origin = URLOrigin(of: request.url), let target = origin.resolve(location) else {
        throw AgentError(.badAnswer, "The network redirects to another host, which is not followed.")
      }
      request.url = target
      if response.status == 303 {
        request.method = "GET"
        request.body = nil
      }
    }
    throw AgentError(.badAnswer, "The network redirects more than three times.")
  }

  private func exchange(
    _ request: AgentHTTPRequest,
    timeout: Duration
  ) async throws(AgentError) -> AgentHTTPResponse {
    guard URLOrigin(of: request.url) != nil else {
      throw AgentError(.badAnswer, "The URL is neither http nor https.", detail: request.url)
    }
    var outgoing = HTTPClientRequest(url: request.url)
    outgoing.method = HTTPMethod(rawValue: request.method)
    for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
    if let body = request.body { outgoing.body = .bytes(body) }
    AgentTrace.note("\(request.method) \(request.url)")
    do {
      let incoming = try await client.execute(outgoing, timeout: TimeAmount(timeout))
      let body = try await incoming.body.collect(upTo: maximumResponseBytes)
      let response = AgentHTTPResponse(
        status: Int(incoming.status.code),
        headers: incoming.headers.map { AgentHTTPRequest.Header($0.name, $0.value) },
        body: Array(body.readableBytesView)
      )
      let excerpt = request.isConfidential ? "(not shown)" : response.excerpt
      AgentTrace.note("HTTP \(response.status), \(response.body.count) bytes: \(excerpt)")
      return response
    } catch {
      let failure = Self.failure(of: error)
      AgentTrace.note(failure.debugDescription)
      throw failure
    }
  }

  private static func failure(of error: any Error) -> AgentError {
    switch error {
    case is NIOTooManyBytesError:
      return AgentError(.tooLarge, "The network's answer is larger than the agent takes.")
    case is CancellationError:
      return .callCancelled
    case let error as HTTPClientError:
      switch error {
      case .cancelled: return .callCancelled
      case .deadlineExceeded, .readTimeout, .writeTimeout:
        return AgentError(.timeout, "The network did not answer in time.")
      case .connectTimeout, .getConnectionFromPoolTimeout:
        return AgentError(.connectionFailed, "There was no connection in time.")
      default:
        return AgentError(.connectionFailed, "The connection failed.", detail: "\(error)")
      }
    default:
      return AgentError(.connectionFailed, "The connection failed.", detail: "\(error)")
    }
  }
}

extension AgentHTTPResponse {
  /// The start of the body, for people.
  fileprivate var excerpt: String {
    String(decoding: body.prefix(400), as: UTF8.self)
      .map { $0.isNewline ? " " : String($0) }.joined()
  }
}
