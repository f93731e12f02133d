// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

extension ConfigurationReader {
  /// The ways to claim an address.
  func claims() -> [ClaimRule] {
    sections("claims").map { section in
      let rule = ClaimRule(
        scheme: section.schemeCondition(),
        domain: section.text("domain").map(GlobPattern.init),
        pattern: section.text("pattern").map(GlobPattern.init),
        shape: section.shape()
      )
      if section.isEmpty {
        section.report("scheme", nil, "is missing, and so is every other condition; pattern: \"*\" claims everything")
      }
      section.finish()
      return rule
    }
  }

  private func schemeCondition() -> ClaimRule.SchemeCondition {
    guard let text = text("scheme") else { return .any }
    if text == "none" { return .bare }
    let name = text.hasSuffix("?") ? String(text.dropLast()) : text
    if let scheme = IMAddress.Scheme(rawValue: name) {
      return name == text ? .scheme(scheme) : .schemeOrBare(scheme)
    }
    let known = IMAddress.Scheme.allCases.map(\.rawValue).joined(separator: ", ")
    report("scheme", text, "must be one of \(known), each also with a ? for \"this scheme or none\", or none")
    return .any
  }

  private func shape() -> ClaimRule.Shape? {
    guard let text = text("shape") else { return nil }
    if let shape = ClaimRule.Shape(rawValue: text) { return shape }
    report("shape", text, "must be one of \(ClaimRule.Shape.allCases.map(\.rawValue).joined(separator: ", "))")
    return nil
  }

  /// How the network's client is launched.
  func launch(default value: IMLaunch?) -> IMLaunch? {
    let section = section("launch")
    defer { section.finish() }
    guard !section.isEmpty else { return value }
    let client = section.requiredText("client", "the client's name, such as \"Microsoft Communicator\"")
    let prefix = section.requiredText("prefix", "what stands before the address, such as \"sip:\"")
    let part = section.choice("part", default: IMLaunch.Part.body)
    let suffix = section.text("suffix") ?? ""
    guard let client, let prefix else { return value }
    do throws(IMLaunch.Problem) {
      return try IMLaunch(client: client, prefix: prefix, part: part, suffix: suffix)
    } catch {
      section.report("prefix", prefix, error.description)
      return value
    }
  }

  /// How hard the chain may press the agent.
  func limits(default value: AgentLimits) -> AgentLimits {
    let section = section("limits")
    defer { section.finish() }
    var limits = value
    limits.timeout = section.duration("timeout", default: value.timeout, in: .milliseconds(1) ... .seconds(300))
    limits.maximumCalls = section.integer("maximumCalls", default: value.maximumCalls, in: 1...10_000)
    limits.callsPerSecond = section.positiveNumber("callsPerSecond") ?? value.callsPerSecond
    limits.attempts = section.integer("attempts", default: value.attempts, in: 1...10)
    limits.backoff = section.duration("backoff", default: value.backoff, in: .milliseconds(1) ... .seconds(60))
    limits.maximumBackoff = section.duration(
      "maximumBackoff",
      default: value.maximumBackoff,
      in: .milliseconds(1) ... .seconds(300)
    )
    limits.failureMemory = section.duration(
      "failureMemory",
      default: value.failureMemory,
      in: .zero ... .seconds(3_600)
    )
    limits.failureMemoryCapacity = section.integer(
      "failureMemoryCapacity",
      default: value.failureMemoryCapacity,
      in: 0...10_000_000
    )
    limits.failureMemoryBytes = section.integer(
      "failureMemoryBytes",
      default: value.failureMemoryBytes,
      in: 0...1_073_741_824
    )
    limits.maximumWaitingBytes = section.integer(
      "maximumWaitingBytes",
      default: value.maximumWaitingBytes,
      in: 1_024...1_073_741_824
    )
    limits.maximumWaiting = section.integer("maximumWaiting", default: value.maximumWaiting, in: 1...10_000_000)
    limits.circuitFailures = section.integer("circuitFailures", default: value.circuitFailures, in: 1...1_000_000)
    limits.circuitPause = section.duration(
      "circuitPause",
      default: value.circuitPause,
      in: .milliseconds(1) ... .seconds(3_600)
    )
    limits.maximumCircuitPause = section.duration(
      "maximumCircuitPause",
      default: value.maximumCircuitPause,
      in: .milliseconds(1) ... .seconds(86_400)
    )
    return limits
  }

  /// The settings of HTTP.
  func http(default value: AsyncAgentHTTPClient.Configuration) -> AsyncAgentHTTPClient.Configuration {
    let section = section("http")
    defer { section.finish() }
    var http = value
    http.caFile = section.text("caFile")
    http.maximumResponseBytes = section.integer(
      "maximumResponseBytes",
      default: http.maximumResponseBytes,
      in: 1_024...16_777_216
    )
    http.connectTimeout = section.duration(
      "connectTimeout",
      default: http.connectTimeout,
      in: .milliseconds(1) ... .seconds(60)
    )
    http.maximumConnections = section.integer("maximumConnections", default: http.maximumConnections, in: 1...10_000)
    return http
  }

  /// The name of a domain: one that can stand behind the `@` of an address.
  func domain(_ key: String) -> String? {
    guard let text = text(key) else { return nil }
    let isHost = text.utf8.allSatisfy { PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: ":") || $0 >= 0x80 }
    if !text.isEmpty, isHost { return text.lowercased() }
    report(key, text, "must be a domain, such as corp.example")
    return nil
  }

  /// The absolute URL of a service, without a slash at its end.
  func baseURL(_ key: String, default value: String? = nil) -> String {
    guard let text = text(key) ?? value else {
      report(key, nil, "is missing: an http or https URL")
      return ""
    }
    guard URLOrigin(of: text) != nil, !text.contains("?"), !text.contains("#"),
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"<>\"\\^`{|}".utf8.contains($0) })
    else {
      report(key, text, "must be an absolute http or https URL with a host, without user, query and fragment")
      return ""
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}
