// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// One way for an agent to claim an address: all conditions that are set must hold.
///
/// An agent has a list of rules, of which one must hold. Rules are pure: no network, no secret, no clock. So enrichers
/// and resolvers with the same agent list come to the same claim.
public struct ClaimRule: Hashable, Sendable {
  /// What is asked of the scheme in front of an address.
  public enum SchemeCondition: Hashable, Sendable {
    /// Any scheme, or none.
    case any
    /// No scheme: a bare `local@domain` or a bare id.
    case bare
    /// This scheme.
    case scheme(IMAddress.Scheme)
    /// This scheme, or none.
    case schemeOrBare(IMAddress.Scheme)
  }

  /// What is asked of the form of an address behind its scheme.
  public enum Shape: String, CaseIterable, Sendable {
    /// `local@domain`.
    case withDomain
    /// An id without a domain, such as a Yahoo! id.
    case withoutDomain
    /// Nothing but ASCII digits, such as an ICQ number.
    case digits
    /// `@local:server`, a Matrix user id.
    case matrixID
  }

  /// The scheme.
  public var scheme: SchemeCondition
  /// The domain, as a glob: `corp.example` or `*.corp.example`.
  public var domain: GlobPattern?
  /// The address behind its scheme, as a glob: `ext-*@corp.example`.
  public var pattern: GlobPattern?
  /// The form of the address behind its scheme.
  public var shape: Shape?

  /// A rule of the given conditions; one without any claims every address.
  public init(
    scheme: SchemeCondition = .any,
    domain: GlobPattern? = nil,
    pattern: GlobPattern? = nil,
    shape: Shape? = nil
  ) {
    self.scheme = scheme
    self.domain = domain
    self.pattern = pattern
    self.shape = shape
  }

  /// Whether this rule claims an address.
  public func claims(_ address: IMAddress) -> Bool {
    ByteView.withView(of: address.text) { claims(AddressParts($0)) }
  }

  func claims(_ parts: AddressParts) -> Bool {
    switch scheme {
    case .any: break
    case .bare: guard parts.scheme == nil else { return false }
    case .scheme(let wanted): guard parts.scheme == wanted else { return false }
    case .schemeOrBare(let wanted): guard parts.scheme == nil || parts.scheme == wanted else { return false }
    }
    switch shape {
    case nil: break
    case .withDomain: guard parts.domain != nil else { return false }
    case .withoutDomain: guard parts.domain == nil else { return false }
    case .digits: guard parts.isDigits else { return false }
    case .matrixID: guard parts.isMatrixID else { return false }
    }
    if let domain {
      guard let given = parts.domain, domain.matches(given) else { return false }
    }
    if let pattern {
      guard pattern.matches(parts.body) else { return false }
    }
    return true
  }
}

extension ClaimRule: CustomStringConvertible {
  /// The conditions, for people: `scheme xmpp, domain corp.example`.
  public var description: String {
    var conditions: [String] = []
    switch scheme {
    case .any: break
    case .bare: conditions.append("no scheme")
    case .scheme(let scheme): conditions.append("scheme \(scheme.rawValue)")
    case .schemeOrBare(let scheme): conditions.append("scheme \(scheme.rawValue) or none")
    }
    if let domain { conditions.append("domain \(domain.text)") }
    if let pattern { conditions.append("pattern \(pattern.text)") }
    if let shape { conditions.append("shape \(shape.rawValue)") }
    return conditions.isEmpty ? "every address" : conditions.joined(separator: ", ")
  }
}

/// The parts of an address, borrowed.
struct AddressParts {
  let whole: ByteView
  let scheme: IMAddress.Scheme?
  let body: ByteView
  let local: ByteView
  let domain: ByteView?

  init(_ address: ByteView) {
    whole = address
    (scheme, body) = IMAddress.split(address)
    var at = body.count - 1
    while at >= 0, body[at] != UInt8(ascii: "@") { at -= 1 }
    if at > 0 {
      local = body[0..<at]
      domain = body[at + 1..<body.count]
    } else {
      local = body  // an id; a Matrix id starts with its only @
      domain = nil
    }
  }

  var isDigits: Bool {
    for index in 0..<body.count where body[index] &- 0x30 > 9 { return false }
    return !body.isEmpty
  }

  var isMatrixID: Bool {
    guard scheme == nil, domain == nil, body.count > 3, body[0] == UInt8(ascii: "@"),
      let colon = body.firstIndex(of: UInt8(ascii: ":"))
    else { return false }
    return colon > 1 && colon < body.count - 1
  }
}
