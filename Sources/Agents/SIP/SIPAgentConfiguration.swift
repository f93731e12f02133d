// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The settings of an agent, or of standing subscriptions, for a SIP presence server.
///
/// ```yaml
/// - type: sip-simple                  # or lcs2005, ocs2007, lync2010
///   name: corp-sip
///   server: "sip:sip.corp.example:5061;transport=tls"
///   poolName: pool1.corp.example      # mandatory for Microsoft's servers
///   userDomain: corp.example          # of addresses that have none
///   identity: "sip:portal@corp.example"
///   credentials: {user: portal, password: {file: /run/secrets/sip}}   # digest
///   tls: {caFile: /etc/ssl/corp.pem, certificateFile: portal.pem, keyFile: portal.key}
///   subscriptions: {expires: 10m, keepAlive: 30s, batch: 100, maximumRequests: 64, maximumBodyBytes: 262144}
/// ```
struct SIPAgentConfiguration: LiveAgentSettings {
  let common: CommonAgentConfiguration
  let settings: SIPSettings

  /// Addresses that one call, and one subscription, are for.
  var maximumBatch: Int { settings.membersPerSubscription }

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    let adapter = reader.text("type").flatMap(SIPAdapter.init) ?? .simple
    common = CommonAgentConfiguration(
      reader,
      claims: nil,
      launch: adapter.isMicrosoft ? .communicator : .sip,
      isEnterprise: isEnterprise
    )
    let expectation = "a SIP URI such as sip:sip.corp.example:5061;transport=tls"
    let text = reader.requiredText("server", expectation) ?? ""
    let server = SIPServer(text)
    if server == nil, !text.isEmpty { reader.report("server", text, "must be \(expectation)") }
    if adapter.isMicrosoft {
      _ = reader.requiredText("poolName", "the pool that the users belong to")
    } else {
      _ = reader.text("poolName")
    }
    let domain = reader.text("userDomain")?.lowercased()
    let user: String? = if case .basic(let user, _) = common.credentials { user } else { nil }
    let fallback = "sip:\(user ?? "presence")@\(domain ?? server?.host ?? "invalid")"
    let identity = reader.text("identity") ?? (user?.contains("@") == true ? "sip:\(user ?? "")" : fallback)
    if !identity.hasPrefix("sip:") || SIPNameAddress("<\(identity)>")?.uri != identity || !identity.contains("@") {
      reader.report("identity", identity, "must be a SIP URI such as sip:portal@corp.example")
    }
    if case .bearer = common.credentials {
      reader.report("credentials", nil, "must have user and password: SIP servers are shown a digest, not a token")
    }
    var settings = SIPSettings(
      adapter: adapter,
      host: server?.host ?? "invalid",
      port: server?.port ?? 5_060,
      transport: server?.transport ?? .tcp,
      identity: identity,
      userDomain: domain
    )
    settings.timeout = common.limits.timeout
    let terms = reader.section("subscriptions")
    settings.expires = terms.duration("expires", default: settings.expires, in: .seconds(30) ... .seconds(86_400))
    settings.keepAlive = terms.duration("keepAlive", default: settings.keepAlive, in: .seconds(1) ... .seconds(3_600))
    settings.batch = terms.integer("batch", default: settings.batch, in: 1...1_000)
    settings.maximumRequests = terms.integer("maximumRequests", default: settings.maximumRequests, in: 1...10_000)
    settings.maximumBodyBytes = terms.integer(
      "maximumBodyBytes",
      default: settings.maximumBodyBytes,
      in: 1_024...16_777_216
    )
    terms.finish()
    let tls = reader.section("tls")
    settings.tls.caFile = tls.text("caFile")
    settings.tls.certificateFile = tls.text("certificateFile")
    settings.tls.keyFile = tls.text("keyFile")
    if (settings.tls.certificateFile == nil) != (settings.tls.keyFile == nil) {
      tls.report("keyFile", settings.tls.keyFile, "must stand beside certificateFile, and neither alone")
    }
    if !tls.isEmpty, settings.transport != .tls {
      reader.report("tls", nil, "needs a server with transport=tls, or sips:")
    }
    tls.finish()
    self.settings = settings
  }

  func makeAgent(_ connection: AgentConnection, path: String) throws(ConfigurationProblem) -> any PresenceAgent {
    SIPAgent(descriptor: descriptor, limits: common.limits, client: try makeClient(connection.credentials, path))
  }

  func makeSubscriber(
    _ credentials: Credentials,
    path: String
  ) throws(ConfigurationProblem) -> any PresenceSubscriber {
    SIPSubscriber(descriptor: descriptor, client: try makeClient(credentials, path))
  }

  private func makeClient(_ credentials: Credentials, _ path: String) throws(ConfigurationProblem) -> SIPClient {
    var settings = settings
    settings.credentials = credentials
    do {
      return try SIPClient(settings)
    } catch {
      throw ConfigurationProblem(key: "\(path).tls", value: nil, message: "cannot be used: \(error)")
    }
  }
}

/// Where a SIP server is, as a URI says: `sip:host:port;transport=tls`.
struct SIPServer: Hashable {
  let host: String
  let port: Int
  let transport: SIPTransport

  /// Reads a URI without a user; nil where it is none. `sips:` and `transport=tls` are TLS; the default is TCP.
  init?(_ text: String) {
    let parameters = SIPParameters(text)
    guard let colon = parameters.value.firstIndex(of: ":") else { return nil }
    let scheme = parameters.value[..<colon].lowercased()
    guard scheme == "sip" || scheme == "sips" else { return nil }
    let transport: SIPTransport
    if let name = parameters["transport"] {
      guard let named = SIPTransport(rawValue: name.lowercased()) else { return nil }
      transport = named
    } else {
      transport = scheme == "sips" ? .tls : .tcp
    }
    guard scheme == "sip" || transport == .tls else { return nil }
    var rest = parameters.value[parameters.value.index(after: colon)...]
    var host = rest.prefix { $0 != ":" }
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      host = rest[rest.index(after: rest.startIndex)..<end]
      rest = rest[rest.index(after: end)...]
    } else {
      rest = rest[host.endIndex...]
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: ":") }) else {
      return nil
    }
    if rest.isEmpty {
      port = transport.defaultPort
    } else {
      guard rest.first == ":", let number = Int(rest.dropFirst()), (1...65_535).contains(number) else { return nil }
      port = number
    }
    self.host = host.lowercased()
    self.transport = transport
  }
}
