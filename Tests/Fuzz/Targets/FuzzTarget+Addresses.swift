// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import PresenceModel

extension FuzzTarget {
  /// Addresses, and what they are put into.
  static let addresses = [
    FuzzTarget("address") { bytes in
      guard let address = address(bytes) else { return }
      for rule in rules { _ = rule.claims(address) }
      for launch in launches {
        let uri = launch.uri(for: address)
        promise(uri.hasPrefix(launch.prefix) && uri.hasSuffix(launch.suffix), "a URI is what the launch says")
        promise(uri.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a URI is of visible ASCII")
      }
    },
    FuzzTarget("glob") { bytes in
      let (pattern, subject) = halves(bytes)
      let glob = GlobPattern(text(Array(pattern.prefix(64))))
      subject.withUnsafeBytes { raw in
        if !raw.isEmpty { _ = glob.matches(ByteView(raw)) }
      }
    },
    FuzzTarget("url-template") { bytes in
      let (template, subject) = halves(bytes)
      guard let template = try? URLTemplate(text(template)), let address = address(subject) else { return }
      guard let url = try? template.url(for: address) else { return }
      promise(url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a URL is of visible ASCII")
      let host = template.text.dropFirst("https://".count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
      promise(url.dropFirst("https://".count).hasPrefix(host), "no address changes the host")
    },
    FuzzTarget("request-url") { bytes in
      let (segment, value) = halves(bytes)
      var url = RequestURL("https://net.example/a")
      guard (try? url.append(segment: text(segment))) != nil else { return }
      url.append(query: "q", text(value))
      let parts = url.text.split(separator: "?", omittingEmptySubsequences: false)
      promise(parts.count == 2 && !parts[1].contains("&"), "a value is one value")
      promise(parts[0].split(separator: "/", omittingEmptySubsequences: false).count == 5, "a segment is one segment")
      promise(url.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }, "a URL is one")
    },
  ]

  private static let rules = [
    ClaimRule(), ClaimRule(scheme: .scheme(.sip)), ClaimRule(scheme: .bare), ClaimRule(shape: .digits),
    ClaimRule(shape: .matrixID), ClaimRule(shape: .withDomain), ClaimRule(domain: GlobPattern("*.corp.example")),
    ClaimRule(pattern: GlobPattern("*a*b*c*")),
  ]

  private static let launches: [IMLaunch] = [.communicator, .xmpp, .yahoo, .icq, .teams, .matrix]

  private static func address(_ bytes: [UInt8]) -> IMAddress? {
    bytes.withUnsafeBytes { raw in raw.isEmpty ? nil : try? IMAddress(ByteView(raw)) }  // refused is as good as read
  }
}
