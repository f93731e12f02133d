// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// An HTTP server on a loopback port that behaves as a test wants it to.
final class LocalHTTPServer: Sendable {
  /// What comes back for a request.
  enum Behaviour: Sendable {
    /// An answer.
    case answer(status: Int, headers: [(String, String)] = [], body: [UInt8] = [])
    /// A head and a first byte, and then nothing more.
    case drip
    /// A body without end.
    case endless
    /// The connection is closed without an answer.
    case reset
    /// Nothing at all.
    case silence
  }

  /// The files of a server's certificate and its key.
  struct TLS: Sendable {
    let certificate: String
    let key: String

    fileprivate func context() throws -> NIOSSLContext {
      try NIOSSLContext(
        configuration: .makeServerConfiguration(
          certificateChain: NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
          privateKey: .privateKey(NIOSSLPrivateKey(file: key, format: .pem))
        )
      )
    }
  }

  /// A request as it arrived.
  struct Received: Sendable {
    let method: String
    let uri: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]
  }

  /// The port.
  let port: Int
  /// The requests, as they arrive.
  let requests: AsyncStream<Received>
  /// How many bytes of bodies without end have gone to the other side, or lie in the kernel.
  var floodedBytes: Int { counts.floodedBytes.load(ordering: .relaxed) }
  /// How many connections stand.
  var openConnections: Int { counts.openConnections.load(ordering: .relaxed) }
  private let counts: Counts
  private let channel: any Channel

  var url: String { "http://127.0.0.1:\(port)" }

  private final class Counts: Sendable {
    let floodedBytes = Atomic(0)
    let openConnections = Atomic(0)
  }

  private init(channel: any Channel, requests: AsyncStream<Received>, counts: Counts) throws {
    guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
    self.port = port
    self.counts = counts
    self.channel = channel
    self.requests = requests
  }

  /// Runs `body` with a server, and stops it afterwards.
  static func run<Result>(
    tls: TLS? = nil,
    _ behaviour: @escaping @Sendable (Received) -> Behaviour,
    _ body: (LocalHTTPServer) async throws -> Result
  ) async throws -> Result {
    let (requests, received) = AsyncStream.makeStream(of: Received.self)
    let counts = Counts()
    let context = try tls?.context()
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let context { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context)) }
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(
            Handler(behaviour: behaviour, received: received, counts: counts)
          )
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let server = try LocalHTTPServer(channel: channel, requests: requests, counts: counts)
    do {
      let result = try await body(server)
      try await channel.close()
      return result
    } catch {
      try await channel.close()
      throw error
    }
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let behaviour: @Sendable (Received) -> Behaviour
    private let received: AsyncStream<Received>.Continuation
    private let counts: Counts
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(
      behaviour: @escaping @Sendable (Received) -> Behaviour,
      received: AsyncStream<Received>.Continuation,
      counts: Counts
    ) {
      self.behaviour = behaviour
      self.received = received
      self.counts = counts
    }

    func channelActive(context: ChannelHandlerContext) { counts.openConnections.add(1, ordering: .relaxed) }

    func channelInactive(context: ChannelHandlerContext) { counts.openConnections.subtract(1, ordering: .relaxed) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        self.head = head
        body = []
      case .body(let part): body += Array(part.readableBytesView)
      case .end:
        guard let head else { return }
        let request = Received(
          method: head.method.rawValue,
          uri: head.uri,
          headers: head.headers.map { ($0.name, $0.value) },
          body: body
        )
        received.yield(request)
        perform(behaviour(request), context)
      }
    }

    private func perform(_ behaviour: Behaviour, _ context: ChannelHandlerContext) {
      switch behaviour {
      case .answer(let status, let headers, let body):
        var fields = HTTPHeaders(headers)
        fields.replaceOrAdd(name: "content-length", value: "\(body.count)")
        write(.head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: fields)), context)
        write(.body(.byteBuffer(ByteBuffer(bytes: body))), context)
        write(.end(nil), context)
        context.flush()
      case .drip:
        write(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "10"])), context)
        write(.body(.byteBuffer(ByteBuffer(bytes: [0x7B]))), context)
        context.flush()
      case .endless:
        write(.head(HTTPResponseHead(version: .http1_1, status: .ok)), context)
        flood(context)
      case .reset: context.close(promise: nil)
      case .silence: break
      }
    }

    /// Writes a piece, and another one as soon as that has gone, until the other side has had enough.
    private func flood(_ context: ChannelHandlerContext) {
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      let piece = ByteBuffer(repeating: UInt8(ascii: " "), count: 16_384)
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece)))).whenSuccess {
        bound.value.0.counts.floodedBytes.add(piece.readableBytes, ordering: .relaxed)
        bound.value.0.flood(bound.value.1)
      }
    }

    private func write(_ part: HTTPServerResponsePart, _ context: ChannelHandlerContext) {
      context.write(wrapOutboundOut(part), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
