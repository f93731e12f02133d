// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Crypto

/// One stream of a component (XEP-0114) from its header to its end: bytes in, events out.
package struct XMPPComponentStream: Sendable {
  /// What bytes come to.
  package enum Event: Sendable {
    /// These bytes are to be sent.
    case send(String)
    /// The server has taken the component.
    case ready
    /// A stanza.
    case stanza(XMLElement)
    /// Something that changes nothing.
    case refused(XMPPRefusal)
    /// The stream has ended; nothing follows.
    case ended(XMPPStreamEnd)
  }

  private enum Phase {
    case opening
    case authenticating
    case ready
    case ended
  }

  /// The name of the component.
  package let component: String
  private let secret: Secret
  private var framer: XMPPStreamFramer
  private var phase = Phase.opening

  /// A stream that has not begun.
  package init(component: String, secret: Secret, maximumStanzaBytes: Int) {
    self.component = component
    self.secret = secret
    framer = XMPPStreamFramer(maximumBytes: maximumStanzaBytes)
  }

  /// What is sent first.
  package var header: String {
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
      + "xmlns:stream='http://etherx.jabber.org/streams' to='\(XMLElement.escaped(component))'>"
  }

  /// What is sent last.
  package static let trailer = "</stream:stream>"

  /// Takes bytes.
  package mutating func receive(_ bytes: some Sequence<UInt8>) -> [Event] {
    var events: [Event] = []
    for frame in framer.receive(bytes) {
      switch phase {
      case .ended: return events
      case .opening, .authenticating, .ready: events.append(event(of: frame))
      }
      if case .ended? = events.last { phase = .ended }
    }
    return events
  }

  private mutating func event(of frame: XMPPStreamFramer.Frame) -> Event {
    switch frame {
    case .header(let bytes):
      guard case .opening = phase, let header = XMLElement.parse(bytes.dropLast() + Array("/>".utf8)),
        header.name == "stream"
      else { return .ended(.notXMPP("the header is none of a stream")) }
      phase = .authenticating
      // Without an id there is nothing to hash; the error that follows says why.
      return .send(handshake(id: header.attributes["id"] ?? ""))
    case .stanza(let bytes): return stanza(bytes)
    case .tooLarge:
      if case .ready = phase { return .refused(.tooLarge) }
      return .ended(.notXMPP("an answer to the handshake is too large"))
    case .end: return .ended(.closed)
    case .broken(let reason): return .ended(.notXMPP(reason))
    }
  }

  private mutating func stanza(_ bytes: [UInt8]) -> Event {
    guard let element = XMLElement.parse(bytes) else {
      if case .ready = phase { return .refused(.malformed) }
      return .ended(.notXMPP("an answer to the handshake is no XML"))
    }
    if element.name == "error" {
      return .ended(XMPPStreamEnd(condition: element.children.first { $0.name != "text" }?.name ?? ""))
    }
    switch (phase, element.name) {
    case (.ready, _): return .stanza(element)
    case (.authenticating, "handshake"):
      phase = .ready
      return .ready
    default: return .ended(.notXMPP("an answer to the handshake is another stanza"))
    }
  }

  private func handshake(id: String) -> String {
    let digest = Insecure.SHA1.hash(data: Array((id + secret.reveal()).utf8))
    return "<handshake>\(Hexadecimal.encode(digest))</handshake>"
  }
}

/// Why a stream has ended.
package enum XMPPStreamEnd: Equatable, Sendable {
  /// The server has closed it.
  case closed
  /// Another process is connected by this name.
  case conflict
  /// The secret is not the server's.
  case notAuthorized
  /// The server has no component of this name.
  case hostUnknown
  /// Another error, by its condition.
  case failed(String)
  /// The bytes are no stream of XMPP.
  case notXMPP(String)

  init(condition: String) {
    self =
      switch condition {
      case "conflict": .conflict
      case "not-authorized": .notAuthorized
      case "host-unknown": .hostUnknown
      default: .failed(String(condition.prefix(64).filter { $0.isASCII && ($0.isLetter || $0 == "-") }))
      }
  }

  /// The failure that it means.
  func error(component: String) -> AgentError {
    switch self {
    case .closed: AgentError(.connectionFailed, "The XMPP server has closed the component's connection.")
    case .conflict:
      AgentError(
        .connectionFailed,
        "Another process is connected as the component \(component); give components a name for each process."
      )
    case .notAuthorized:
      AgentError(.unauthorized, "The XMPP server refuses the secret of the component \(component).")
    case .hostUnknown: AgentError(.unauthorized, "The XMPP server has no component \(component).")
    case .failed(let condition):
      AgentError(.connectionFailed, "The XMPP server has ended the component's stream: \(condition).")
    case .notXMPP(let reason):
      AgentError(.badAnswer, "The server's answer is no stream of XMPP: \(reason).")
    }
  }
}
