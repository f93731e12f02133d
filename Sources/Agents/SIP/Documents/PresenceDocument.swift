// SPDX-License-Identifier: Apache-2.0

/// A document about one person.
package struct PresenceDocument {
  /// Why a body is refused.
  package enum Problem: Error, Equatable {
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

  /// Reads a document.
  ///
  /// - Parameter entity: whom a list says that it is about; else the document does.
  init(contentType: String, body: [UInt8], entity: String? = nil) throws(Problem) {
    let attribute: String
    switch contentType.lowercased() {
    case "application/pidf+xml", "application/cpim-pidf+xml": (format, attribute) = (.pidf, "entity")
    case "text/xml+msrtc.pidf": (format, attribute) = (.msrtcPIDF, "uri")
    case "application/msrtc-event-categories+xml": (format, attribute) = (.msrtcCategories, "uri")
    default: throw .unknownType
    }
    guard let root = XMLElement.parse(body) else { throw .malformed }
    self.entity = entity ?? root.attributes[attribute]
    self.root = root
  }
}
