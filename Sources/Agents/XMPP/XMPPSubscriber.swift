// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// Watches addresses on an XMPP server, as one of its components.
///
/// What users have granted stays granted when it ends: a subscription stands in the users' rosters, and its successor
/// needs it.
final class XMPPSubscriber: PresenceSubscriber {
  let descriptor: AgentDescriptor
  let events: LiveEvents
  private let host: String?
  private let connector: XMPPConnector<XMPPWatchMachine>

  private var link: XMPPLink<XMPPWatchMachine> { connector.link }

  init(_ configuration: XMPPAgentConfiguration, _ endpoint: XMPPEndpoint, secret: Secret) {
    descriptor = configuration.descriptor
    host = configuration.host
    let events = LiveEvents()
    self.events = events
    let settings = XMPPWatchMachine.Settings(
      lease: configuration.lease,
      answerTimeout: configuration.common.limits.timeout,
      offlineDelay: configuration.offlineDelay,
      reconnectGrace: configuration.reconnectGrace,
      probesPerSecond: configuration.common.limits.callsPerSecond ?? 200,
      asksForSubscription: configuration.asksForSubscription,
      languages: configuration.languages
    )
    connector = XMPPConnector(
      link: XMPPLink(
        XMPPWatchMachine(settings),
        secret: secret,
        maximumStanzaBytes: configuration.common.http.maximumResponseBytes
      ) { events.post($0) },
      endpoint: endpoint
    )
  }

  var status: LiveStatus {
    link.read { role, isConnected, lastFailure in
      LiveStatus(
        isConnected: isConnected,
        watched: role.watches.values.reduce(0) { $0 + $1.addresses.count },
        active: role.watches.values.reduce(0) { $0 + ($1.isActive ? $1.addresses.count : 0) },
        readings: role.readings,
        losses: role.losses,
        refusals: role.refusals,
        lastFailure: lastFailure
      )
    }
  }

  func run() async {
    await withTaskCancellationHandler {
      await connector.run()
    } onCancel: {
      events.finish()  // that the connection then ends is no loss that anybody is to hear of
    }
  }

  func watch(_ addresses: [IMAddress]) {
    let host = host
    link.withRole { role, moment in
      for address in addresses {
        if let jid = XMPPAddress(address, host: host) {
          role.watch(address, as: jid, at: moment)
        } else {
          let error = AgentError(.unusableAddress, "The address is none of XMPP, or it lacks a domain.")
          role.effects.append(.refused(address, error))
        }
      }
    }
  }

  func unwatch(_ addresses: [IMAddress]) {
    let (host, events) = (host, events)
    link.withRole { role, _ in
      for address in addresses {
        if let jid = XMPPAddress(address, host: host) { role.unwatch(address, as: jid) }
      }
      events.drop(addresses)
    }
  }
}
