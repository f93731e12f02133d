// SPDX-License-Identifier: Apache-2.0

import AgentKit
import NIOCore

/// Makes messages of datagrams, and takes them from the server alone.
final class SIPDatagramHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  private let number: UInt64
  private let server: SocketAddress
  private let delegate: any SIPConnectionDelegate & Sendable

  init(number: UInt64, server: SocketAddress, delegate: any SIPConnectionDelegate & Sendable) {
    self.number = number
    self.server = server
    self.delegate = delegate
  }

  func channelActive(context: ChannelHandlerContext) {
    guard let local = context.channel.localAddress?.sipText else { return context.close(promise: nil) }
    delegate.connectionOpened(number, channel: context.channel, local: local, remote: server)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    guard envelope.remoteAddress == server else { return delegate.connectionRefused(number, .foreignSource) }
    let bytes = Array(envelope.data.readableBytesView)
    guard bytes.contains(where: { $0 != 0x0D && $0 != 0x0A && $0 != 0 }) else { return }  // keeps a way open
    do throws(SIPMessageParser.Problem) {
      delegate.connectionReceived(number, try SIPMessageParser.parse(bytes))
    } catch {
      delegate.connectionRefused(number, .malformedMessage)
    }
  }

  /// A datagram that the system could not deliver is like one that got lost.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}

  func channelInactive(context: ChannelHandlerContext) {
    delegate.connectionEnded(number, AgentError(.connectionFailed, "The socket was closed."), nil)
  }
}
