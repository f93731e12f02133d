// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// How the IM client of a network is launched from a web page: the client's name, and a URI.
///
/// The URI is `prefix` + part of the address + `suffix`. Of the address every component is percent-encoded; the `@`
/// between local part and domain stays. Only URIs of `allowedSchemes` can be made, and none with a control character,
/// white space or a byte beyond ASCII.
public struct IMLaunch: Hashable, Sendable {
  /// The part of the address that goes into the URI.
  public enum Part: String, CaseIterable, Sendable {
    /// The address with its scheme.
    case whole
    /// The address without its scheme.
    case body
    /// What stands before the `@`, or the whole id.
    case local
    /// The Matrix id: `@local:domain`, or the address without its scheme where it has no domain.
    case matrixID
    /// Nothing: the URI opens the client, and not a conversation.
    case nothing
  }

  /// Why a launch cannot be.
  public enum Problem: Error, Equatable, Sendable {
    /// The name of the client is empty or has a control character.
    case clientName
    /// The prefix does not start with one of `IMLaunch.allowedSchemes` and a colon.
    case scheme
    /// The prefix starts with `https:` and has not a host and the slash behind it, so that an address could change it.
    case host
    /// The prefix or the suffix has a character that no URI may have.
    case forbiddenCharacter
  }

  /// The schemes that leave the worker.
  public static let allowedSchemes = ["sip", "im", "xmpp", "ymsgr", "https"]

  /// The client's name, such as "Microsoft Communicator".
  public let client: String
  /// What stands before the address: `sip:`.
  public let prefix: String
  /// Which part of the address is written.
  public let part: Part
  /// What stands behind the address: `?message`.
  public let suffix: String

  /// Checks and makes a launch.
  public init(client: String, prefix: String, part: Part = .body, suffix: String = "") throws(Problem) {
    guard !client.isEmpty, !client.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
      throw .clientName
    }
    guard let colon = prefix.utf8.firstIndex(of: UInt8(ascii: ":")),
      Self.allowedSchemes.contains(String(prefix[..<colon]))
    else { throw .scheme }
    let isURIByte = { (byte: UInt8) in
      byte > 0x20 && byte < 0x7F && !"<>\"\\^`{|}".utf8.contains(byte)
    }
    guard prefix.utf8.allSatisfy(isURIByte), suffix.utf8.allSatisfy(isURIByte) else { throw .forbiddenCharacter }
    if prefix.hasPrefix("https:") {
      let rest = prefix.dropFirst("https:".count)
      guard rest.hasPrefix("//"), let slash = rest.dropFirst(2).utf8.firstIndex(of: UInt8(ascii: "/")) else {
        throw .host
      }
      let host = rest[..<slash].dropFirst(2).utf8
      guard !host.isEmpty, host.allSatisfy({ PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: ":") }) else {
        throw .host
      }
    }
    self.client = client
    self.prefix = prefix
    self.part = part
    self.suffix = suffix
  }

  private init(trusted client: String, prefix: String, part: Part = .body, suffix: String = "") {
    self.client = client
    self.prefix = prefix
    self.part = part
    self.suffix = suffix
  }

  /// Microsoft Communicator, for LCS, OCS and Lync.
  public static let communicator = IMLaunch(trusted: "Microsoft Communicator", prefix: "sip:")
  /// Any SIP client.
  public static let sip = IMLaunch(trusted: "SIP", prefix: "sip:")
  /// Any XMPP client (XEP-0147).
  public static let xmpp = IMLaunch(trusted: "XMPP", prefix: "xmpp:", suffix: "?message")
  /// Yahoo! Messenger.
  public static let yahoo = IMLaunch(trusted: "Yahoo! Messenger", prefix: "ymsgr:sendIM?", part: .local)
  /// ICQ's contact page.
  public static let icq = IMLaunch(trusted: "ICQ", prefix: "https://wwp.icq.com/scripts/contact.dll?msgto=")
  /// A chat in Microsoft Teams.
  public static let teams = IMLaunch(
    trusted: "Microsoft Teams",
    prefix: "https://teams.microsoft.com/l/chat/0/0?users="
  )
  /// Any Matrix client, by way of matrix.to.
  public static let matrix = IMLaunch(trusted: "Matrix", prefix: "https://matrix.to/#/", part: .matrixID)

  /// Writes the URI that opens a conversation with an address, in runs and without a `String`.
  ///
  /// - Parameter address: an address that `IMAddress.check` accepts.
  public func writeURI(for address: ByteView, into sink: (UnsafeRawBufferPointer) -> Void) {
    ByteView.withView(of: prefix) { sink($0.raw) }
    writePart(of: AddressParts(address), into: sink)
    if !suffix.isEmpty { ByteView.withView(of: suffix) { sink($0.raw) } }
  }

  private func writePart(of parts: AddressParts, into sink: (UnsafeRawBufferPointer) -> Void) {
    switch part {
    case .nothing: return
    case .local: PercentEncoding.write(parts.local, into: sink)
    case .whole, .body:
      if part == .whole, parts.scheme != nil {
        PercentEncoding.write(parts.whole[0..<parts.whole.count - parts.body.count], into: sink)
      }
      PercentEncoding.write(parts.local, into: sink)
      guard let domain = parts.domain else { return }
      sink(ByteView("@").raw)
      PercentEncoding.write(domain, into: sink)
    case .matrixID:
      guard let domain = parts.domain else { return PercentEncoding.write(parts.local, into: sink) }
      PercentEncoding.write(ByteView("@"), into: sink)
      PercentEncoding.write(parts.local, into: sink)
      PercentEncoding.write(ByteView(":"), into: sink)
      PercentEncoding.write(domain, into: sink)
    }
  }

  /// The URI that opens a conversation with an address.
  public func uri(for address: IMAddress) -> String {
    var bytes: [UInt8] = []
    ByteView.withView(of: address.text) { view in writeURI(for: view) { bytes.append(contentsOf: $0) } }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension IMLaunch.Problem: CustomStringConvertible {
  /// The text for people.
  public var description: String {
    switch self {
    case .clientName: "has a client name that is empty or has control characters"
    case .scheme: "does not start with one of \(IMLaunch.allowedSchemes.joined(separator: ", ")) and a colon"
    case .host: "must name a host and go on with a slash: https://host/"
    case .forbiddenCharacter: "has a character that no URI may have"
    }
  }
}
