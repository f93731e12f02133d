// SPDX-License-Identifier: Apache-2.0

/// The scheme, host and port of an `http` or `https` URL: what no address and no redirect may change.
struct URLOrigin: Hashable, Sendable {
  let scheme: String
  /// Host and port, in lower case.
  let authority: String

  /// The origin of an absolute URL; nil where it is another scheme, has no host, or carries a user.
  init?(of url: String) {
    guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let scheme = url[..<colon].lowercased()
    guard scheme == "http" || scheme == "https", url[colon...].hasPrefix("://") else { return nil }
    let rest = url[url.index(colon, offsetBy: 3)...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard !authority.isEmpty, authority.first != ":",
      authority.utf8.allSatisfy({ Self.isAuthorityByte($0) })
    else { return nil }
    self.scheme = scheme
    var host = authority.lowercased()
    let standard = scheme == "http" ? ":80" : ":443"
    if host.hasSuffix(standard) { host.removeLast(standard.count) }
    self.authority = host
  }

  /// An absolute URL of a redirect's target; nil where that is not of this origin.
  func resolve(_ location: String) -> String? {
    guard location.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else { return nil }
    if location.hasPrefix("/"), !location.hasPrefix("//") { return "\(scheme)://\(authority)\(location)" }
    return URLOrigin(of: location) == self ? location : nil
  }

  /// The last segment of the path of a URL or a reference; empty where it has none.
  static func lastSegment(of location: String) -> String {
    let path = location.prefix { $0 != "?" && $0 != "#" }
    return path.split(separator: "/").last.map(String.init) ?? ""
  }

  private static func isAuthorityByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"):
      true
    default: false
    }
  }
}
