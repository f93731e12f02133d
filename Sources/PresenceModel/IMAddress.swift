// SPDX-License-Identifier: Apache-2.0

import CBytes

/// An instant messaging address: a scheme where there is one, a local part, and a domain where there is one.
///
/// Accepted are the schemes of `Scheme`, a bare `local@domain` (an enterprise's own spelling of a SIP or XMPP address),
/// and a bare id (a Yahoo! id, an ICQ number, a Matrix id such as `@jane:corp.example`). The text is kept as it was
/// given, since people see it; addresses compare without regard to the case of ASCII letters.
public struct IMAddress: Sendable {
  /// The URI schemes that an address may carry.
  public enum Scheme: String, CaseIterable, Sendable {
    /// SIP (RFC 3261), Microsoft's servers among them.
    case sip
    /// XMPP (RFC 5122).
    case xmpp
    /// Yahoo! Messenger.
    case ymsgr
    /// ICQ.
    case icq
    /// Any instant messaging service (RFC 3860).
    case im
    /// A mail address that stands for a person (RFC 6068).
    case mailto
  }

  /// Why a text is not an IM address.
  public enum Problem: Error, Equatable, Sendable {
    /// There is no text.
    case empty
    /// The text has more than `IMAddress.maximumLength` bytes.
    case tooLong(bytes: Int)
    /// The text has a control character, a bidirectional override (see `TextRules`), a space, or one of `<>"\`.
    case forbiddenCharacter
    /// The scheme is not one of `Scheme`.
    case unknownScheme
    /// There is nothing before the `@`, or nothing behind it, or nothing behind the scheme.
    case missingPart
    /// The text is not UTF-8.
    case invalidUTF8
  }

  /// The longest address that is accepted, in bytes.
  public static let maximumLength = 1_024

  /// The address as it was given.
  public let text: String
  /// The scheme, nil for a bare address.
  public let scheme: Scheme?
  /// The part before the `@`, or the whole id where there is no domain.
  public let local: String
  /// The part behind the last `@`, in lower case.
  public let domain: String?

  /// The address without its scheme: `local@domain`, or the id.
  public var body: String {
    guard let scheme else { return text }
    let start = text.utf8.index(text.utf8.startIndex, offsetBy: scheme.rawValue.utf8.count + 1)
    return String(text[start...])
  }

  /// Parses an address.
  public init(_ text: String) throws(Problem) {
    let shape = try ByteView.withView(of: text) { view throws(Problem) in try IMAddress.shape(of: view) }
    self.init(text: text, shape: shape)
  }

  /// Parses an address from bytes.
  public init(_ bytes: ByteView) throws(Problem) {
    guard let text = String(validating: bytes.raw, as: UTF8.self) else { throw .invalidUTF8 }
    self.init(text: text, shape: try IMAddress.shape(of: bytes))
  }

  private init(text: String, shape: Shape) {
    self.text = text
    self.scheme = shape.scheme
    let utf8 = text.utf8
    let bodyStart = utf8.index(utf8.startIndex, offsetBy: shape.bodyStart)
    if let at = shape.at {
      let atIndex = utf8.index(utf8.startIndex, offsetBy: at)
      self.local = String(text[bodyStart..<atIndex])
      self.domain = String(text[utf8.index(after: atIndex)...]).lowercased()
    } else {
      self.local = String(text[bodyStart...])
      self.domain = nil
    }
  }

  /// Checks bytes without making an address of them: what the hot path calls.
  public static func check(_ bytes: ByteView) throws(Problem) {
    // Nearly all are `sip:` and something around an @, and for those there is nothing to search for.
    if bytes.count > 5, bytes.count <= maximumLength, UInt32(littleEndian: bytes.halfWord(at: 0)) == sipPrefix,
      bytes[4] != UInt8(ascii: "@"), bytes[bytes.count - 1] != UInt8(ascii: "@"), !hasForbiddenCharacter(bytes)
    {
      return
    }
    _ = try shape(of: bytes)
  }

  /// `sip:`
  private static var sipPrefix: UInt32 { 0x3A70_6973 }

  /// The scheme of an address that was checked before, and where its body starts.
  public static func split(_ bytes: ByteView) -> (scheme: Scheme?, body: ByteView) {
    guard let shape = try? shape(of: bytes) else { return (nil, bytes) }  // unchecked text has no scheme
    return (shape.scheme, bytes[shape.bodyStart..<bytes.count])
  }

  private struct Shape {
    var scheme: Scheme?
    var bodyStart: Int
    var at: Int?
  }

  private static func shape(of bytes: ByteView) throws(Problem) -> Shape {
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.count <= maximumLength else { throw .tooLong(bytes: bytes.count) }
    guard !hasForbiddenCharacter(bytes) else { throw .forbiddenCharacter }
    // The last @, and the first colon unless it stands behind an @.
    let at = bytes.lastIndex(of: UInt8(ascii: "@"))
    var colon = bytes.firstIndex(of: UInt8(ascii: ":"))
    if let place = colon, bytes[0..<place].firstIndex(of: UInt8(ascii: "@")) != nil { colon = nil }
    var shape = Shape(scheme: nil, bodyStart: 0, at: at)
    if let colon {
      guard let scheme = scheme(named: bytes[0..<colon]) else { throw .unknownScheme }
      shape.scheme = scheme
      shape.bodyStart = colon + 1
    }
    guard shape.bodyStart < bytes.count else { throw .missingPart }
    if let at {
      if at == shape.bodyStart, shape.scheme == nil, bytes[0..<bytes.count].firstIndex(of: UInt8(ascii: ":")) != nil {
        shape.at = nil  // a Matrix id, @local:server: one bare id
      } else if at == shape.bodyStart || at == bytes.count - 1 {
        throw .missingPart
      }
    }
    return shape
  }

  private static func hasForbiddenCharacter(_ bytes: ByteView) -> Bool {
    // The quick look also finds the lead bytes of controls, line separators and bidirectional overrides beyond ASCII.
    guard cb_text_may_be_no_address(bytes.base, bytes.count) else { return false }
    if TextRules.hasControl(bytes) || TextRules.hasBidirectional(bytes) { return true }
    return bytes.raw.contains { byte in
      switch byte {
      case 0x20, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "\\"): true
      default: false
      }
    }
  }

  private static func scheme(named name: ByteView) -> Scheme? {
    if name == ByteView("sip") { return .sip }  // nearly all, and without a loop over strings
    return Scheme.allCases.first { scheme in
      ByteView.withView(of: scheme.rawValue) { $0.equalsIgnoringASCIICase(name) }
    }
  }
}

extension IMAddress: Hashable {
  /// Whether both are the same address, whatever the case of ASCII letters.
  public static func == (left: IMAddress, right: IMAddress) -> Bool {
    ByteView.withView(of: left.text) { left in
      ByteView.withView(of: right.text) { right in left.equalsIgnoringASCIICase(right) }
    }
  }

  /// Hashes the address without regard to the case of ASCII letters.
  public func hash(into hasher: inout Hasher) {
    ByteView.withView(of: text) { view in
      for index in 0..<view.count { hasher.combine(ByteView.lowered(view.base[index])) }
    }
  }
}

extension IMAddress: CustomStringConvertible {
  /// The scheme and the domain, with the local part masked: addresses are personal data.
  public var description: String {
    (scheme.map { "\($0.rawValue):" } ?? "") + "***" + (domain.map { "@\($0)" } ?? "")
  }
}

extension IMAddress.Problem: CustomStringConvertible {
  /// What is wrong, as the end of a sentence that begins with the field's name.
  public var description: String {
    switch self {
    case .empty: "is empty"
    case .tooLong(let bytes): "has \(bytes) bytes, more than \(IMAddress.maximumLength)"
    case .forbiddenCharacter: "has a control character, a bidirectional override, a space or one of <>\"\\"
    case .unknownScheme:
      "has an unknown scheme (known: \(IMAddress.Scheme.allCases.map(\.rawValue).joined(separator: ", ")))"
    case .missingPart: "has nothing before or behind the @ or the scheme"
    case .invalidUTF8: "is not UTF-8"
    }
  }
}
