// SPDX-License-Identifier: Apache-2.0

/// The body of a NOTIFY: a document about one person, or a list (RFC 4662) and documents about several.
package struct PresenceContent {
  /// What a list says of somebody for whom there is no document.
  struct Entry: Hashable {
    /// What has become of the subscription to one member of a list.
    enum State: Hashable {
      /// The member's subscription has ended.
      case terminated
      /// The member lives on another pool and has to be subscribed to alone.
      case resubscribe
    }
    let uri: String
    let state: State
  }

  /// The documents.
  private(set) var documents: [PresenceDocument] = []
  /// What the list says beside.
  private(set) var entries: [Entry] = []
  /// The version of the list; nil where there is no list.
  private(set) var version: UInt32?
  private var uriOfPart: [String: String] = [:]

  /// Reads a body.
  package static func parse(
    contentType: String,
    body: [UInt8]
  ) throws(PresenceDocument.Problem) -> PresenceContent {
    var content = PresenceContent()
    let type = SIPParameters(contentType)
    switch type.value.lowercased() {
    case "multipart/related":
      guard let boundary = type["boundary"], let parts = MultipartFormat.parse(body, boundary: boundary) else {
        throw .malformed
      }
      for part in parts where isList(part) { try content.readList(part.body) }
      for part in parts where !isList(part) { try content.readDocument(part) }
    case "application/rlmi+xml": try content.readList(body)
    default: content.documents = [try PresenceDocument(contentType: type.value, body: body)]
    }
    return content
  }

  private static func isList(_ part: MultipartFormat.Part) -> Bool {
    SIPParameters(part.contentType).value.lowercased() == "application/rlmi+xml"
  }

  private mutating func readDocument(_ part: MultipartFormat.Part) throws(PresenceDocument.Problem) {
    let entity = part.contentID.flatMap { uriOfPart[$0] }
    let type = SIPParameters(part.contentType).value
    documents.append(try PresenceDocument(contentType: type, body: part.body, entity: entity))
  }

  private mutating func readList(_ body: [UInt8]) throws(PresenceDocument.Problem) {
    guard let root = XMLElement.parse(body), root.name == "list" else { throw .malformed }
    version = root.attributes["version"].flatMap { UInt32($0) } ?? version
    for resource in root.children where resource.name == "resource" {
      guard let uri = resource.attributes["uri"] else { throw .malformed }
      for instance in resource.children where instance.name == "instance" {
        if let id = instance.attributes["cid"], uriOfPart[id] == nil { uriOfPart[id] = uri }
        switch instance.attributes["state"] {
        case "terminated": entries.append(Entry(uri: uri, state: .terminated))
        case "resubscribe": entries.append(Entry(uri: uri, state: .resubscribe))
        default: break
        }
      }
    }
  }
}
