// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Carries the bytes of one connection between a socket and a link, and keeps the link's timer.
final class XMPPChannelHandler<Role: XMPPRole>: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Asks the handler to look after the link.
  struct Wake: Sendable {}
  /// Asks the handler to end the stream.
  struct End: Sendable {}

  private let link: XMPPLink<Role>
  private let failed: @Sendable (any Error) -> Void
  private var timer: Scheduled<Void>?

  /// A handler; `failed` is told of errors of the socket.
  init(_ link: XMPPLink<Role>, failed: @escaping @Sendable (any Error) -> Void) {
    self.link = link
    self.failed = failed
  }

  func channelActive(context: ChannelHandlerContext) {
    let channel = context.channel
    send(link.connected { channel.pipeline.fireUserInboundEventTriggered(Wake()) }, context)
    turn(context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    link.receive(unwrapInboundIn(data).readableBytesView)
    turn(context)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) { turn(context) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is Wake: turn(context)
    case is End:
      send(XMPPComponentStream.trailer, context)
      context.close(promise: nil)
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  func channelInactive(context: ChannelHandlerContext) { timer?.cancel() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    failed(error)
    context.close(promise: nil)
  }

  private func turn(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    let step = link.step(isWritable: context.channel.isWritable)
    send(step.bytes, context)
    timer?.cancel()
    timer = nil
    if step.isFinished {
      context.close(promise: nil)
    } else if let pause = step.wakeAfter {
      let channel = context.channel
      timer = context.eventLoop.scheduleTask(in: TimeAmount(pause)) {
        channel.pipeline.fireUserInboundEventTriggered(Wake())
      }
    }
  }

  private func send(_ text: String, _ context: ChannelHandlerContext) {
    guard !text.isEmpty else { return }
    context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(string: text)), promise: nil)
  }
}
