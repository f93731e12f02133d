// SPDX-License-Identifier: Apache-2.0

import AgentKit
import NIOSSL
import PresenceModel

/// The settings of an agent that is an external component (XEP-0114) of an XMPP server.
struct XMPPAgentConfiguration: LiveAgentSettings {
  /// What every agent has.
  let common: CommonAgentConfiguration
  /// Key `server`: where the server takes components, `host` or `host:port`.
  let server: String
  /// Key `tls`: whether the server speaks TLS there; default false, as servers take components on their own machine.
  let usesTLS: Bool
  /// Key `components`: the names by which one may connect, one for each process that is connected at once.
  let components: [String]
  /// Key `host`: the domain of addresses without one; without it they are unknown.
  let host: String?
  /// Key `languages`: the languages of status messages, the preferred one first.
  let languages: [String]
  /// Key `subscribe`: whether users who do not let the component see them are asked to, once a day.
  let asksForSubscription: Bool
  /// Key `lease`: how long a reading of the bridge holds; it is renewed in half of that.
  let lease: Duration
  /// Key `offlineDelay`: how much later the bridge tells that a resource has gone.
  let offlineDelay: Duration
  /// Key `reconnectGrace`: how long clients have to come back after the connection did.
  let reconnectGrace: Duration

  private let hostName: String
  private let port: Int

  init(_ reader: ConfigurationReader, isEnterprise: Bool) {
    common = CommonAgentConfiguration(reader, claims: nil, launch: .xmpp, isEnterprise: isEnterprise)
    server = reader.requiredText("server", "the server's host, with :port unless that is 5347") ?? ""
    let place = Self.place(server)
    if place == nil, !server.isEmpty {
      reader.report("server", server, "must be a host or host:port, such as xmpp.corp.example:5347")
    }
    (hostName, port) = place ?? ("", 0)
    usesTLS = reader.boolean("tls", default: false)
    components = reader.components("components")
    host = reader.domain("host")
    languages = reader.languages("languages")
    asksForSubscription = reader.boolean("subscribe", default: true)
    lease = reader.duration("lease", default: .seconds(300), in: .seconds(30) ... .seconds(3_600))
    offlineDelay = reader.duration("offlineDelay", default: .seconds(1), in: .zero ... .seconds(60))
    reconnectGrace = reader.duration("reconnectGrace", default: .seconds(60), in: .zero ... .seconds(1_800))
    switch common.credentials {
    case .bearer: break
    case .none where !reader.section("credentials").isEmpty: break  // what is wrong with them was told
    case .none: reader.report("credentials", nil, "is missing: {token: …}, the components' secret")
    case .basic, .oauth: reader.report("credentials", nil, "must be {token: …}: the components' secret")
    }
  }

  func makeAgent(_ connection: AgentConnection, path: String) throws(ConfigurationProblem) -> any PresenceAgent {
    XMPPAgent(self, try endpoint(path), secret: secret(connection.credentials))
  }

  func makeSubscriber(
    _ credentials: Credentials,
    path: String
  ) throws(ConfigurationProblem) -> any PresenceSubscriber {
    XMPPSubscriber(self, try endpoint(path), secret: secret(credentials))
  }

  /// The components' secret; that there is one was judged before.
  private func secret(_ credentials: Credentials) -> Secret {
    if case .bearer(let secret) = credentials { return secret }
    return Secret("")
  }

  private func endpoint(_ path: String) throws(ConfigurationProblem) -> XMPPEndpoint {
    var tls: NIOSSLContext?
    if usesTLS {
      do {
        var settings = TLSConfiguration.makeClientConfiguration()
        if let caFile = common.http.caFile {
          settings.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caFile))
        }
        tls = try NIOSSLContext(configuration: settings)
      } catch {
        throw ConfigurationProblem(
          key: "\(path).http.caFile",
          value: common.http.caFile,
          message: "cannot be read as PEM: \(error)"
        )
      }
    }
    return XMPPEndpoint(
      host: hostName,
      port: port,
      tls: tls,
      components: components,
      connectTimeout: common.http.connectTimeout
    )
  }

  /// The host and the port of a server; an IPv6 address stands in brackets.
  private static func place(_ text: String) -> (String, Int)? {
    var (host, port) = (text[...], 5_347)
    if let colon = text.lastIndex(of: ":"), text.last != "]" {
      guard let number = Int(text[text.index(after: colon)...]), (1...65_535).contains(number) else { return nil }
      (host, port) = (text[..<colon], number)
    }
    if host.hasPrefix("["), host.hasSuffix("]") { return (String(host.dropFirst().dropLast()), port) }
    let isHost = host.utf8.allSatisfy { PercentEncoding.isUnreserved($0) }
    return isHost && !host.isEmpty ? (String(host), port) : nil
  }
}

extension ConfigurationReader {
  /// The names of components, at least one.
  fileprivate func components(_ key: String) -> [String] {
    guard let names = texts(key) else { return [] }
    for name in names where XMPPAddress(name)?.bare != name || name.contains("@") || name.contains("/") {
      report(key, name, "must be a domain in lower case, such as presence-1.corp.example")
      return []
    }
    if names.isEmpty { report(key, nil, "is missing: a list of names, one for each process that is connected") }
    if Set(names).count != names.count { report(key, nil, "must not have a name twice") }
    return names
  }

  /// Tags of languages, in lower case.
  fileprivate func languages(_ key: String) -> [String] {
    (texts(key) ?? []).map { tag in
      if tag.isEmpty || !tag.utf8.allSatisfy({ PercentEncoding.isUnreserved($0) }) {
        report(key, tag, "must be tags of languages, such as de or en-GB")
      }
      return tag.lowercased()
    }
  }

  /// The texts of a list, none where there is no list; nil where it was reported that it is none.
  private func texts(_ key: String) -> [String]? {
    guard let value = value(key) else { return [] }
    var texts: [String] = []
    if case .list(let elements) = value {
      for case .scalar(let text) in elements { texts.append(text) }
      if texts.count == elements.count { return texts }
    }
    report(key, nil, "must be a list of texts")
    return nil
  }
}
