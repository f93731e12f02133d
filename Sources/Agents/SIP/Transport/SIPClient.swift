// SPDX-License-Identifier: Apache-2.0

import AgentKit
import NIOCore
import NIOPosix
import PresenceModel
import Synchronization

/// Runs a `SIPMachine` on an event loop: gives it what comes in, and does what it says.
final class SIPClient: Sendable {
  /// What standing subscriptions tell.
  let events = LiveEvents()

  private struct State {
    var machine: SIPMachine
    var channel: (any Channel)?
    var remote: SocketAddress?
    var connection: UInt64 = 0
    var isConnecting = false
    var timer: Scheduled<Void>?
    var fetches: [UInt64: CheckedContinuation<Result<[IMAddress: AgentAnswer], AgentError>, Never>] = [:]
    var closing: [EventLoopPromise<Void>] = []
  }

  private let connector: SIPConnector
  private let loop: any EventLoop
  private let state: NIOLoopBoundBox<State>
  private let start = NIODeadline.now()
  private let lastStatus = Mutex(LiveStatus())
  private let fetchIDs = Atomic<UInt64>(0)

  /// A client that connects when there is something to ask.
  ///
  /// - Throws: where a certificate or a key cannot be read.
  init(_ settings: SIPSettings, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) throws {
    connector = try SIPConnector(settings)
    loop = group.next()
    let machine = SIPMachine(settings)
    state = NIOLoopBoundBox.makeBoxSendingValue(State(machine: machine), eventLoop: loop)
  }

  /// How the client stands.
  var status: LiveStatus { lastStatus.withLock { $0 } }

  // MARK: What is asked of the client

  func watch(_ addresses: [IMAddress]) { input { $0.watch(addresses, now: $1) } }

  func unwatch(_ addresses: [IMAddress]) {
    input { $0.unwatch(addresses, now: $1) }
    loop.execute { self.events.drop(addresses) }
  }

  /// Asks once for addresses.
  func fetch(_ addresses: [IMAddress], timeout: Duration) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    let id = fetchIDs.wrappingAdd(1, ordering: .relaxed).newValue
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.execute {
          self.state.value.fetches[id] = continuation
          self.perform { $0.fetch(id, addresses, timeout: timeout, now: $1) }
        }
      }
    } onCancel: {
      input { $0.cancel(fetch: id, now: $1) }
    }
    return try result.get()
  }

  /// Gives all subscriptions back, and closes the connection; takes at most `timeout`.
  func close(timeout: Duration = .seconds(2)) async {
    let promise = loop.makePromise(of: Void.self)
    loop.execute {
      self.state.value.closing.append(promise)
      self.perform { $0.close(now: $1) }
      // From here: a loop that is behind runs what is due before what was handed to it, and would end what has not begun.
      self.loop.scheduleTask(in: TimeAmount(timeout)) { self.closed() }
    }
    do {
      try await promise.futureResult.get()
    } catch {
      preconditionFailure("the promise of an end never fails: \(error)")
    }
  }

  // MARK: The machine

  private func input(_ body: @escaping @Sendable (inout SIPMachine, SIPMachine.Now) -> [SIPMachine.Action]) {
    loop.execute { self.perform(body) }
  }

  private func perform(_ body: (inout SIPMachine, SIPMachine.Now) -> [SIPMachine.Action]) {
    let now = SIPMachine.Now(instant: .nanoseconds((NIODeadline.now() - start).nanoseconds), wall: .now())
    let actions = body(&state.value.machine, now)
    // Who is told of something, and looks, must see no older status.
    lastStatus.withLock { $0 = state.value.machine.liveStatus }
    for action in actions { perform(action) }
  }

  private func perform(_ action: SIPMachine.Action) {
    switch action {
    case .connect: connect()
    case .disconnect: disconnect()
    case .send(let bytes): send(bytes)
    case .arm(let instant): arm(instant)
    case .post(let events): self.events.post(events)
    case .finish(let fetch, let result): state.value.fetches.removeValue(forKey: fetch)?.resume(returning: result)
    case .closed: closed()
    }
  }

  private func arm(_ instant: Duration) {
    state.value.timer?.cancel()
    state.value.timer = loop.scheduleTask(deadline: start + TimeAmount(instant)) {
      self.perform { $0.timePassed(now: $1) }
    }
  }

  // MARK: The connection

  private func connect() {
    state.value.connection += 1
    state.value.isConnecting = true
    let number = state.value.connection
    connector.open(number, on: loop, for: self)
    loop.scheduleTask(in: TimeAmount(connector.settings.timeout)) {
      guard self.state.value.isConnecting else { return }
      let error = AgentError(.connectionFailed, "There was no connection to the presence server in time.")
      self.connectionEnded(number, error, nil)
    }
  }

  private func disconnect() {
    let channel = state.value.channel
    state.value.channel = nil
    state.value.isConnecting = false
    state.value.connection += 1  // whatever the old one still tells is of no interest
    channel?.close(promise: nil)
  }

  private func send(_ bytes: [UInt8]) {
    guard let channel = state.value.channel else { return }
    let buffer = ByteBuffer(bytes: bytes)
    if connector.settings.transport == .udp, let remote = state.value.remote {
      channel.writeAndFlush(AddressedEnvelope(remoteAddress: remote, data: buffer), promise: nil)
    } else {
      channel.writeAndFlush(buffer, promise: nil)
    }
  }

  private func closed() {
    disconnect()
    state.value.timer?.cancel()
    for promise in state.value.closing { promise.succeed() }
    state.value.closing = []
  }
}

extension SIPClient: SIPConnectionDelegate {
  func connectionOpened(_ number: UInt64, channel: any Channel, local: String, remote: SocketAddress) {
    guard number == state.value.connection, state.value.isConnecting else { return channel.close(promise: nil) }
    state.value.isConnecting = false
    state.value.channel = channel
    state.value.remote = remote
    perform { $0.connected(local: local, now: $1) }
  }

  func connectionReceived(_ number: UInt64, _ message: SIPMessage) {
    guard number == state.value.connection else { return }
    perform { $0.received(message, now: $1) }
  }

  func connectionRefused(_ number: UInt64, _ refusal: SIPRefusal) {
    guard number == state.value.connection else { return }
    perform { $0.refused(refusal, now: $1) }
  }

  func connectionEnded(_ number: UInt64, _ error: AgentError, _ refusal: SIPRefusal?) {
    guard number == state.value.connection else { return }
    disconnect()
    perform { $0.disconnected(error, refusal: refusal, now: $1) }
  }
}
