// SPDX-License-Identifier: Apache-2.0

public import AgentKit
public import PresenceModel

/// A URL with places for an address: `https://status.corp.example/users/{local}?domain={domain}`.
///
/// The places are `{address}` (as it was given), `{body}` (without its scheme), `{local}` and `{domain}`. They may stand
/// behind the host only, and whatever is put in is percent-encoded, so that an address can change neither the host nor
/// the path's segments, and cannot add a header.
public struct URLTemplate: Hashable, Sendable {
  /// Why a text is no template.
  public enum Problem: Error, Equatable, Sendable {
    /// It is not an absolute `http` or `https` URL with a host and without a user.
    case notAnHTTPURL
    /// It has white space, control characters, or characters beyond ASCII.
    case forbiddenCharacter
    /// It has this place, which there is not, or a brace that stands alone.
    case unknownPlace(String)
  }

  /// A part of an address.
  enum Place: String, CaseIterable, Sendable {
    case address, body, local, domain

    func value(of address: IMAddress) -> String? {
      switch self {
      case .address: address.text
      case .body: address.body
      case .local: address.local
      case .domain: address.domain
      }
    }
  }

  enum Piece: Hashable, Sendable {
    case text(String)
    case place(Place)
  }

  /// The template as it was configured.
  public let text: String
  private let pieces: [Piece]

  /// Parses a template.
  public init(_ text: String) throws(Problem) {
    guard URLOrigin(of: text) != nil else { throw .notAnHTTPURL }  // its host has no braces
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"<>\"\\^`|".utf8.contains($0) }) else {
      throw .forbiddenCharacter
    }
    self.text = text
    pieces = try Self.pieces(of: text)
  }

  static func pieces(of text: String) throws(Problem) -> [Piece] {
    var pieces: [Piece] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      if rest[..<open].contains("}") { throw .unknownPlace("}") }
      if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
      guard let close = rest[open...].firstIndex(of: "}") else { throw .unknownPlace(String(rest[open...])) }
      let name = String(rest[rest.index(after: open)..<close])
      guard let place = Place(rawValue: name) else { throw .unknownPlace("{\(name)}") }
      pieces.append(.place(place))
      rest = rest[rest.index(after: close)...]
    }
    if rest.contains("}") { throw .unknownPlace("}") }
    if !rest.isEmpty { pieces.append(.text(String(rest))) }
    return pieces
  }

  /// The URL for an address.
  ///
  /// - Throws: where the address lacks a part, or where a part would make a segment `.` or `..` of the path.
  public func url(for address: IMAddress) throws(AgentError) -> String {
    var url = ""
    for piece in pieces {
      switch piece {
      case .text(let text): url += text
      case .place(let place):
        guard let value = place.value(of: address) else {
          throw AgentError(.unusableAddress, "The address has no \(place.rawValue), which the agent's URL needs.")
        }
        url += PercentEncoding.encode(value)
      }
    }
    let path = url.prefix { $0 != "?" && $0 != "#" }
    for segment in path.split(separator: "/", omittingEmptySubsequences: false) where segment == "." || segment == ".."
    {
      throw AgentError(.unusableAddress, "The address would change the path of the agent's URL.")
    }
    return url
  }
}

extension AgentError.Code {
  /// The address cannot be put into the agent's request.
  public static let unusableAddress = AgentError.Code(rawValue: "unusableAddress")
}

extension URLTemplate.Problem: CustomStringConvertible {
  /// The text for people.
  public var description: String {
    switch self {
    case .notAnHTTPURL: "is no absolute http or https URL with a host and without a user"
    case .forbiddenCharacter: "has white space, control characters, or characters that no URL may have"
    case .unknownPlace(let place): "has \(place); known are {address}, {body}, {local} and {domain}"
    }
  }
}
