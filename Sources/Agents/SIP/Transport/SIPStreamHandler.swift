// SPDX-License-Identifier: Apache-2.0

import AgentKit
import NIOCore
import NIOSSL
import NIOTLS

/// Makes messages of the stream of a TCP or TLS connection.
final class SIPStreamHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let number: UInt64
  private let awaitsHandshake: Bool
  private let delegate: any SIPConnectionDelegate & Sendable
  private var framer: SIPStreamFramer
  private var failure: (error: AgentError, refusal: SIPRefusal?)?
  private var hasEnded = false

  init(
    number: UInt64,
    maximumBodyBytes: Int,
    awaitsHandshake: Bool,
    delegate: any SIPConnectionDelegate & Sendable
  ) {
    self.number = number
    self.awaitsHandshake = awaitsHandshake
    self.delegate = delegate
    framer = SIPStreamFramer(maximumBodyBytes: maximumBodyBytes)
  }

  func channelActive(context: ChannelHandlerContext) {
    if !awaitsHandshake { opened(context) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event { opened(context) }
  }

  private func opened(_ context: ChannelHandlerContext) {
    guard let local = context.channel.localAddress?.sipText, let remote = context.channel.remoteAddress else {
      return context.close(promise: nil)
    }
    delegate.connectionOpened(number, channel: context.channel, local: local, remote: remote)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard failure == nil else { return }
    framer.append(unwrapInboundIn(data).readableBytesView)
    do throws(SIPStreamFramer.Problem) {
      while let message = try framer.next() { delegate.connectionReceived(number, message) }
    } catch {
      let refusal: SIPRefusal
      switch error {
      case .malformed: refusal = .malformedMessage
      case .headTooLarge, .bodyTooLarge: refusal = .tooLarge
      }
      failure = (AgentError(.badAnswer, "The presence server sends what is no SIP, or too much."), refusal)
      context.close(promise: nil)
    }
  }

  /// A server that does not read gets no answers that pile up here.
  func channelWritabilityChanged(context: ChannelHandlerContext) {
    let isWritable = context.channel.isWritable
    context.channel.setOption(.autoRead, value: isWritable).whenFailure { [channel = context.channel] _ in
      channel.close(promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if failure == nil {
      let isCertificate = error is NIOSSLExtraError || "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
      let message = isCertificate ? "The presence server's certificate is not trusted." : "The connection broke."
      failure = (AgentError(.connectionFailed, message, detail: "\(error)"), isCertificate ? .certificate : nil)
    }
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    guard !hasEnded else { return }
    hasEnded = true
    let failure = failure ?? (AgentError(.connectionFailed, "The presence server has closed the connection."), nil)
    delegate.connectionEnded(number, failure.error, failure.refusal)
  }
}
