// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Synchronization

/// Asks an XMPP server for single addresses, as one of its components.
///
/// The connection is made with the first look-up and held until the agent is closed. While it does not come about,
/// look-ups fail at once with the reason.
final class XMPPAgent: PresenceAgent {
  let descriptor: AgentDescriptor
  let limits: AgentLimits
  private let host: String?
  private let connector: XMPPConnector<XMPPLookupMachine>
  private let callers: Callers
  private let connection = Mutex<Task<Void, Never>?>(nil)

  private var link: XMPPLink<XMPPLookupMachine> { connector.link }

  /// Who waits for which look-up.
  private final class Callers: Sendable {
    typealias Caller = CheckedContinuation<Result<AgentAnswer?, AgentError>, Never>

    private struct State {
      var waiting: [UInt64: Caller] = [:]
      var last: UInt64 = 0
    }

    private let state = Mutex(State())

    /// A number for a look-up.
    func next() -> UInt64 {
      state.withLock { state in
        state.last += 1
        return state.last
      }
    }

    func add(_ caller: Caller, _ id: UInt64) { state.withLock { $0.waiting[id] = caller } }

    func tell(_ findings: [XMPPLookupMachine.Finding]) {
      for finding in findings {
        state.withLock { $0.waiting.removeValue(forKey: finding.id) }?.resume(returning: finding.result)
      }
    }
  }

  init(_ configuration: XMPPAgentConfiguration, _ endpoint: XMPPEndpoint, secret: Secret) {
    descriptor = configuration.descriptor
    limits = configuration.common.limits
    host = configuration.host
    let callers = Callers()
    self.callers = callers
    connector = XMPPConnector(
      link: XMPPLink(
        XMPPLookupMachine(
          asksForSubscription: configuration.asksForSubscription,
          languages: configuration.languages
        ),
        secret: secret,
        maximumStanzaBytes: configuration.common.http.maximumResponseBytes
      ) { callers.tell($0) },
      endpoint: endpoint
    )
  }

  func presence(
    of addresses: [IMAddress],
    timeout: Duration
  ) async throws(AgentError) -> [IMAddress: AgentAnswer] {
    guard let address = addresses.first, let jid = XMPPAddress(address, host: host) else { return [:] }
    connect()
    let (id, link, callers) = (callers.next(), link, callers)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { caller in
        callers.add(caller, id)
        link.withRole { $0.ask(id, jid, timeout: timeout, at: $1) }
        if Task.isCancelled { link.withRole { role, _ in role.cancel(id) } }
      }
    } onCancel: {
      link.withRole { role, _ in role.cancel(id) }
    }
    AgentTrace.note("presence probe to \(jid.bare): \(result.map { $0.map { "\($0.state)" } ?? "nothing" })")
    return try result.get().map { [address: $0] } ?? [:]
  }

  func health() async -> AgentHealth {
    guard let failure = link.read({ $2 }) else { return .ready }
    return failure.code == .unauthorized ? .failing(failure.message) : .degraded(failure.message)
  }

  func close() async {
    let task = connection.withLock { task in
      defer { task = nil }
      return task
    }
    task?.cancel()
    await task?.value
  }

  private func connect() {
    let connector = connector
    connection.withLock { task in
      if task == nil { task = Task { await connector.run() } }
    }
  }
}
