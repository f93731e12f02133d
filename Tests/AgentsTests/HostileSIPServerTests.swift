// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Dispatch
import NIOCore
import NIOPosix
import PresenceModel
import TestSupport
import Testing

@testable import Agents

/// The whole client, over sockets, against servers and strangers that do what they should not.
@Suite(.timeLimit(.minutes(20)))
struct HostileSIPServerTests {
  private static let document = """
    <presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:jane@corp.example"><tuple id="a"><status>\
    <basic>open</basic></status></tuple></presence>
    """

  private static func settings(_ transport: SIPTransport, port: Int) -> SIPSettings {
    var settings = SIPSettings(
      adapter: .simple,
      host: "127.0.0.1",
      port: port,
      transport: transport,
      identity: "sip:portal@corp.example"
    )
    settings.maximumBodyBytes = 1_024
    settings.timeout = .seconds(600)  // longer than a test may be kept waiting for a thread
    return settings
  }

  /// A NOTIFY in the dialogue of a SUBSCRIBE.
  private static func notify(_ subscribe: SIPMessage, sequence: Int, _ document: String) -> [UInt8] {
    var message = SIPMessage(kind: .request(method: "NOTIFY", uri: "sip:portal@127.0.0.1"), fields: [])
    message.add("Via", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK\(sequence)")
    message.add("From", "\(subscribe["To"] ?? "");tag=srv")
    message.add("To", subscribe["From"] ?? "")
    message.add("Call-ID", subscribe["Call-ID"] ?? "")
    message.add("CSeq", "\(sequence) NOTIFY")
    message.add("Event", "presence")
    message.add("Subscription-State", "active;expires=600")
    message.add("Content-Type", "application/pidf+xml")
    message.body = Array(document.utf8)
    return message.bytes
  }

  /// The answer to a SUBSCRIBE that has it.
  private static func grant(_ subscribe: SIPMessage) -> [UInt8] {
    var message = SIPMessage(kind: .response(status: 200, reason: "OK"), fields: [])
    for name in ["Via", "From", "Call-ID", "CSeq", "Expires"] { message.add(name, subscribe[name] ?? "") }
    message.add("To", "\(subscribe["To"] ?? "");tag=srv")
    message.add("Contact", "<sip:127.0.0.1>")
    return message.bytes
  }

  @Test("Over UDP only the server is listened to: a stranger who knows the dialogue changes nothing")
  func forgedSource() async throws {
    let server = try await UDPPeer()
    let stranger = try await UDPPeer()
    let subscriber = try SIPSubscriber(Self.settings(.udp, port: server.port))
    try await LiveStage.run(subscriber) { stage in
      subscriber.watch([.jane])
      let (subscribe, client) = try await server.receive()
      try await stranger.send(Self.notify(subscribe, sequence: 1, Self.document.closed), to: client)
      try await server.send(Array("what is no SIP\r\n\r\n".utf8), to: client)
      try await server.send(Self.notify(subscribe, sequence: 2, Self.document), to: client)
      try await stage.reading(.online)
      #expect(stage.states == [.online])
      #expect(subscriber.status.refusals == ["foreignSource": 1, "malformedMessage": 1])
    }
    try await server.close()
    try await stranger.close()
  }

  @Test(
    "A server whose answers never end, are too large, or are no SIP, loses the connection, and nobody goes offline",
    arguments: [
      ("X: endless\r\n", 10_000, "tooLarge"),
      (
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP a\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\n"
          + "CSeq: 1 SUBSCRIBE\r\nContent-Length: 1025\r\n\r\n", 1, "tooLarge"
      ),
      ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1, "malformedMessage"),
    ]
  )
  func endless(text: String, times: Int, refusal: String) async throws {
    let server = try await TCPPeer { Array(String(repeating: text, count: times).utf8) }
    let subscriber = try SIPSubscriber(Self.settings(.tcp, port: server.port))
    try await LiveStage.run(subscriber) { stage in
      subscriber.watch([.jane])
      let error = try await stage.loss()
      #expect(error.code == .badAnswer)
      #expect(subscriber.status.refusals[refusal, default: 0] > 0)
      #expect(stage.states.isEmpty)
    }
    try await server.close()
  }

  @Test("A client on a loop that is behind gives its subscriptions back before it ends")
  func closesLate() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = try await UDPPeer()
    let client = try SIPClient(Self.settings(.udp, port: server.port), group: group)
    client.watch([.jane])
    let (subscribe, address) = try await server.receive()
    try await server.send(Self.grant(subscribe), to: address)
    try await waitUntil { client.status.active == 1 }

    let goesOn = DispatchSemaphore(value: 0)
    group.next().execute { goesOn.wait() }
    group.next().execute {}  // NIO takes in turn of what was handed to a loop, and of what is due
    async let end: Void = client.close(timeout: .milliseconds(1))
    try await Task.sleep(for: .milliseconds(50))  // both what is to be done and its time-out wait for the loop by then
    goesOn.signal()
    while try await server.receive().0["Expires"] != "0" {}
    await end
    try await server.close()
    try await group.shutdownGracefully()
  }

  @Test("A server that begins an answer and never goes on is given up")
  func stalled() async throws {
    let server = try await TCPPeer { Array("SIP/2.0 200 OK\r\nVia: ".utf8) }
    var settings = Self.settings(.tcp, port: server.port)
    settings.timeout = .milliseconds(200)
    let subscriber = try SIPSubscriber(settings)
    try await LiveStage.run(subscriber) { stage in
      subscriber.watch([.jane])
      // On a busy machine connections, too, take longer than that; the loss that counts comes behind them.
      while try await stage.loss() != .silence {}
      #expect(stage.states.isEmpty)
    }
    try await server.close()
  }
}

extension String {
  /// The document with the status closed.
  fileprivate var closed: String {
    replacing("open", with: "closed")
  }
}

/// A UDP socket of a test.
private struct UDPPeer {
  private let channel: any Channel
  private let messages: AsyncStream<(SIPMessage, SocketAddress)>
  let port: Int

  private final class Reader: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    let continuation: AsyncStream<(SIPMessage, SocketAddress)>.Continuation

    init(_ continuation: AsyncStream<(SIPMessage, SocketAddress)>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let envelope = unwrapInboundIn(data)
      do {
        let message = try SIPMessageParser.parse(Array(envelope.data.readableBytesView))
        continuation.yield((message, envelope.remoteAddress))
      } catch {
        Issue.record("the client sends what is no SIP: \(error)")
      }
    }
  }

  init() async throws {
    let (messages, continuation) = AsyncStream.makeStream(of: (SIPMessage, SocketAddress).self)
    channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Reader(continuation))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    self.messages = messages
    port = channel.localAddress?.port ?? 0
  }

  func receive() async throws -> (SIPMessage, SocketAddress) {
    var iterator = messages.makeAsyncIterator()
    guard let message = await iterator.next() else { throw CancellationError() }
    return message
  }

  func send(_ bytes: [UInt8], to address: SocketAddress) async throws {
    try await channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes)))
  }

  func close() async throws { try await channel.close() }
}

/// A TCP server of a test that answers whatever comes first with the same bytes.
private struct TCPPeer {
  private let channel: any Channel
  let port: Int

  private final class Answerer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let bytes: [UInt8]
    private var hasAnswered = false

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if hasAnswered { return }
      hasAnswered = true
      context.channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }

  init(_ answer: @escaping @Sendable () -> [UInt8]) async throws {
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Answerer(answer()))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    port = channel.localAddress?.port ?? 0
  }

  func close() async throws { try await channel.close() }
}
