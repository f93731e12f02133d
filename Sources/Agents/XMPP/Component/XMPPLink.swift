// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Synchronization

/// A component's connection for as long as there is one to be had: stream, name and role as one machine behind a lock.
///
/// `XMPPConnector` gives it a socket again and again; `XMPPChannelHandler` carries bytes. Whatever the role tells goes
/// to `perform` under the lock, so that it is told in order; `perform` must not call back.
final class XMPPLink<Role: XMPPRole>: Sendable {
  /// What the one who carries the bytes is to do.
  struct Step {
    var bytes = ""
    /// When to ask again; nil where only bytes and wakes matter.
    var wakeAfter: Duration?
    /// Whether the connection is to be closed when the bytes are sent.
    var isFinished = false
  }

  /// How a connection ended.
  struct Ending: Sendable {
    var error: AgentError
    var end: XMPPStreamEnd?
    var wasReady: Bool
  }

  private struct State {
    var role: Role
    var stream: XMPPComponentStream?
    var claim: XMPPNameClaim?
    var isReady = false
    var ending: Ending?
    var lastFailure: AgentError?
    var heardAt = Duration.zero
    var pingedAt: Duration?
    var wake: (@Sendable () -> Void)?
  }

  /// After how much silence the server is pinged, and how long it has for an answer.
  static var quiet: Duration { .seconds(30) }
  static var pingPatience: Duration { .seconds(15) }
  /// More than this is not kept for a peer that does not read.
  private static var maximumOutbox: Int { 1 << 20 }

  private let state: Mutex<State>
  private let secret: Secret
  private let maximumStanzaBytes: Int
  private let start = ContinuousClock.now
  private let perform: @Sendable ([Role.Effect]) -> Void

  init(
    _ role: Role,
    secret: Secret,
    maximumStanzaBytes: Int,
    perform: @escaping @Sendable ([Role.Effect]) -> Void
  ) {
    state = Mutex(State(role: role))
    self.secret = secret
    self.maximumStanzaBytes = maximumStanzaBytes
    self.perform = perform
  }

  // MARK: For the agent and the subscriber

  /// Whether the server has taken the component.
  var isReady: Bool { state.withLock { $0.isReady } }

  /// Lets `body` look at the role, and at whether the connection stands and why not.
  func read<Result>(_ body: (Role, _ isReady: Bool, _ lastFailure: AgentError?) -> Result) -> Result {
    state.withLock { body($0.role, $0.isReady, $0.isReady ? nil : $0.lastFailure) }
  }

  /// Lets `body` work on the role, tells what that tells, and wakes whoever carries the bytes.
  func withRole<Result>(_ body: (inout Role, XMPPMoment) -> Result) -> Result {
    let (result, wake) = state.withLock { state in
      let result = body(&state.role, moment)
      tell(&state)
      return (result, state.isReady ? state.wake : nil)
    }
    wake?()
    return result
  }

  // MARK: For the connector

  /// A connection by this name is being made.
  func connecting(as component: String) {
    state.withLock { state in
      state.stream = XMPPComponentStream(component: component, secret: secret, maximumStanzaBytes: maximumStanzaBytes)
      state.claim = nil
      state.ending = nil
      state.pingedAt = nil
      state.role.connecting()
      tell(&state)
    }
  }

  /// The connection has ended, or did not come about; says how.
  func closed(_ error: AgentError) -> Ending {
    state.withLock { state in
      let ending = state.ending ?? Ending(error: error, end: nil, wasReady: state.isReady)
      state.stream = nil
      state.claim = nil
      state.isReady = false
      state.wake = nil
      state.lastFailure = ending.error
      state.role.closed(ending.error, at: moment)
      state.role.outbox = ""
      tell(&state)
      return ending
    }
  }

  // MARK: For the one who carries the bytes

  /// The socket stands: what is sent first.
  func connected(wake: @escaping @Sendable () -> Void) -> String {
    state.withLock { state in
      state.wake = wake
      state.heardAt = moment.time
      return state.stream?.header ?? ""
    }
  }

  /// Takes bytes; what follows from them comes with the next step.
  func receive(_ bytes: some Sequence<UInt8>) {
    state.withLock { state in
      guard var stream = state.stream, state.ending == nil else { return }
      let moment = moment
      state.heardAt = moment.time
      state.pingedAt = nil
      for event in stream.receive(bytes) {
        switch event {
        case .send(let text): state.role.outbox += text
        case .ready:
          let claim = XMPPNameClaim(component: stream.component, nonce: .random(in: 0 ... .max), at: moment.time)
          state.role.outbox += claim.stanzas
          state.claim = claim
        case .stanza(let stanza): receive(stanza, as: stream.component, at: moment, &state)
        case .refused(let reason): state.role.refused(reason)
        case .ended(let end): finish(&state, end, component: stream.component)
        }
      }
      state.stream = stream
      tell(&state)
    }
  }

  /// Does what is due, and takes out what is to be sent; nothing is sent while the peer does not read.
  func step(isWritable: Bool) -> Step {
    state.withLock { state in
      guard let stream = state.stream else { return Step(isFinished: true) }
      let moment = moment
      var wake: Duration?
      if state.ending == nil {
        settleClaim(&state, component: stream.component, at: moment)
        if state.isReady, isWritable { wake = state.role.advance(at: moment) }
        if state.isReady { wake = earlier(wake, keepAlive(&state, component: stream.component, at: moment)) }
        if let claim = state.claim, case .open(let until) = claim.standing(at: moment.time) { wake = until }
        tell(&state)
      }
      var step = Step(isFinished: state.ending != nil)
      if isWritable || step.isFinished {
        step.bytes = state.role.outbox
        state.role.outbox = ""
        if step.isFinished { step.bytes += XMPPComponentStream.trailer }
      } else if state.role.outbox.utf8.count > Self.maximumOutbox {
        finish(&state, .failed("the server does not read"), component: stream.component)
        step.isFinished = true
      }
      step.wakeAfter = wake.map { max(.zero, $0 - moment.time) }
      return step
    }
  }

  // MARK: The machine

  private var moment: XMPPMoment { XMPPMoment(time: start.duration(to: .now), wall: .now()) }

  private func tell(_ state: inout State) {
    guard !state.role.effects.isEmpty else { return }
    perform(state.role.effects)
    state.role.effects.removeAll(keepingCapacity: true)
  }

  private func finish(_ state: inout State, _ end: XMPPStreamEnd, component: String) {
    state.ending = Ending(error: end.error(component: component), end: end, wasReady: state.isReady)
  }

  private func receive(
    _ stanza: XMLElement,
    as component: String,
    at moment: XMPPMoment,
    _ state: inout State
  ) {
    do throws(XMPPRefusal) {
      guard let from = stanza.attributes["from"].flatMap(XMPPAddress.init),
        let to = stanza.attributes["to"].flatMap(XMPPAddress.init)
      else { throw .malformed }
      guard to.domain == component else { throw .misdirected }
      switch stanza.name {
      case "presence":
        // While the name may be somebody else's, so may be what comes for it.
        if state.isReady { try state.role.received(XMPPPresence(stanza), at: moment) }
      case "iq": try receiveRequest(stanza, from: from, as: component, at: moment, &state)
      default: throw .unexpected
      }
    } catch {
      state.role.refused(error)
    }
  }

  private func receiveRequest(
    _ stanza: XMLElement,
    from: XMPPAddress,
    as component: String,
    at moment: XMPPMoment,
    _ state: inout State
  ) throws(XMPPRefusal) {
    guard let id = stanza.attributes["id"] else { throw .malformed }
    let isClaim = XMPPNameClaim.isClaim(id, from: from, component: component)
    switch stanza.attributes["type"] {
    case "get", "set":
      if isClaim {
        state.claim?.received(id)
      } else if from.domain != component, let refusal = XMPPStanzas.refusal(of: stanza) {
        state.role.outbox += refusal
      }
    case "result" where from.domain != component:
      try state.role.answered(id, by: from, failure: nil, at: moment)
    case "error" where from.domain != component:
      let error = stanza.child("error")
      let condition = error?.children.first { $0.name != "text" }?.name ?? "undefined-condition"
      let isTransient = XMPPPresence.isTransient(condition, type: error?.attributes["type"])
      try state.role.answered(id, by: from, failure: .error(condition, isTransient: isTransient), at: moment)
    case "result", "error": break  // of pings to the component itself
    default: throw .malformed
    }
  }

  private func settleClaim(_ state: inout State, component: String, at moment: XMPPMoment) {
    switch state.claim?.standing(at: moment.time) {
    case .own:
      state.claim = nil
      state.isReady = true
      state.role.opened(as: component, at: moment)
    case .shared: finish(&state, .conflict, component: component)
    case .open, nil: break
    }
  }

  /// Pings the component itself, by way of the server, when nothing has come for a while.
  private func keepAlive(_ state: inout State, component: String, at moment: XMPPMoment) -> Duration {
    if let pingedAt = state.pingedAt {
      if moment.time < pingedAt + Self.pingPatience { return pingedAt + Self.pingPatience }
      finish(&state, .failed("the server does not answer"), component: component)
      return moment.time
    }
    guard moment.time >= state.heardAt + Self.quiet else { return state.heardAt + Self.quiet }
    state.pingedAt = moment.time
    state.role.outbox += XMPPStanzas.ping("alive", from: component, to: component)
    return moment.time + Self.pingPatience
  }

  private func earlier(_ left: Duration?, _ right: Duration) -> Duration { left.map { min($0, right) } ?? right }
}
