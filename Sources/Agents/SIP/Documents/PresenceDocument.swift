// SPDX-License-Identifier: Apache-2.0

/// The body of a NOTIFY: one document about one person, or several documents about several.
struct PresenceDocument {
  /// Why a body is refused.
  enum Problem: Error, Equatable {
    /// The content type is none that is known.
    case unknownType
    /// It is not the document that its content type says.
    case malformed
  }

  /// How a document is to be read.
  enum Format: Hashable {
    case pidf
    case msrtcPIDF
    case msrtcCategories
  }

  /// Whom it is about; nil where the subscription tells.
  let entity: String?
  /// How to read it.
  let format: Format
  /// Its root element.
  let root: XMLElement

  /// What a list says of somebody for whom there is no document.
  struct ListEntry: Hashable {
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

  /// All documents of a body, and what its list (RFC 4662) says beside.
  static func parse(
    contentType: String,
    body: [UInt8]
  ) throws(Problem) -> (documents: [PresenceDocument], list: [ListEntry]) {
    let type = SIPParameters(contentType)
    switch type.value.lowercased() {
    case "multipart/related":
      guard let boundary = type["boundary"], let parts = MultipartFormat.parse(body, boundary: boundary) else {
        throw .malformed
      }
      return try parse(parts)
    case "application/rlmi+xml":
      return ([], try list(of: body).entries)
    default:
      return ([try document(contentType: type.value, body: body, entity: nil)], [])
    }
  }

  private static func parse(
    _ parts: [MultipartFormat.Part]
  ) throws(Problem) -> (documents: [PresenceDocument], list: [ListEntry]) {
    var uriOfPart: [String: String] = [:]
    var entries: [ListEntry] = []
    var documents: [PresenceDocument] = []
    for part in parts where isList(part) {
      let list = try list(of: part.body)
      entries += list.entries
      uriOfPart.merge(list.uriOfPart) { first, _ in first }
    }
    for part in parts where !isList(part) {
      let type = SIPParameters(part.contentType)
      let entity = part.contentID.flatMap { uriOfPart[$0] }
      documents.append(try document(contentType: type.value, body: part.body, entity: entity))
    }
    return (documents, entries)
  }

  private static func isList(_ part: MultipartFormat.Part) -> Bool {
    SIPParameters(part.contentType).value.lowercased() == "application/rlmi+xml"
  }

  private static func document(
    contentType: String,
    body: [UInt8],
    entity: String?
  ) throws(Problem) -> PresenceDocument {
    let format: Format
    let attribute: String
    switch contentType.lowercased() {
    case "application/pidf+xml", "application/cpim-pidf+xml": (format, attribute) = (.pidf, "entity")
    case "text/xml+msrtc.pidf": (format, attribute) = (.msrtcPIDF, "uri")
    case "application/msrtc-event-categories+xml": (format, attribute) = (.msrtcCategories, "uri")
    default: throw .unknownType
    }
    guard let root = XMLElement.parse(body) else { throw .malformed }
    return PresenceDocument(entity: entity ?? root.attributes[attribute], format: format, root: root)
  }

  private static func list(of body: [UInt8]) throws(Problem) -> (entries: [ListEntry], uriOfPart: [String: String]) {
    guard let root = XMLElement.parse(body), root.name == "list" else { throw .malformed }
    var entries: [ListEntry] = []
    var uriOfPart: [String: String] = [:]
    for resource in root.children where resource.name == "resource" {
      guard let uri = resource.attributes["uri"] else { throw .malformed }
      for instance in resource.children where instance.name == "instance" {
        if let id = instance.attributes["cid"] { uriOfPart[id] = uri }
        switch instance.attributes["state"] {
        case "terminated": entries.append(ListEntry(uri: uri, state: .terminated))
        case "resubscribe": entries.append(ListEntry(uri: uri, state: .resubscribe))
        default: break
        }
      }
    }
    return (entries, uriOfPart)
  }
}
