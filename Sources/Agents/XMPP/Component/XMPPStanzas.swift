// SPDX-License-Identifier: Apache-2.0

/// The stanzas that a component sends, and what it answers to those that it gets.
enum XMPPStanzas {
  /// A presence without content.
  static func presence(_ type: String, from component: String, to bare: String) -> String {
    "<presence from='\(component)' to='\(XMLElement.escaped(bare))' type='\(type)'/>"
  }

  /// A ping (XEP-0199): any answer, an error too, tells that what was sent before has been handled.
  static func ping(_ id: String, from source: String, to target: String) -> String {
    "<iq type='get' id='\(id)' from='\(XMLElement.escaped(source))' to='\(XMLElement.escaped(target))'>"
      + "<ping xmlns='urn:xmpp:ping'/></iq>"
  }

  /// The answer to a request that the component does not serve, as RFC 6120 wants one; nil where none can be given.
  static func refusal(of request: XMLElement) -> String? {
    guard let from = request.attributes["from"], let to = request.attributes["to"], let id = request.attributes["id"]
    else { return nil }
    let (target, source, name) = (XMLElement.escaped(from), XMLElement.escaped(to), XMLElement.escaped(id))
    return "<iq type='error' id='\(name)' from='\(source)' to='\(target)'><error type='cancel'>"
      + "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>"
  }
}
