// SPDX-License-Identifier: Apache-2.0

/// A place in an XML document by local names: `presence/show`, or `presence/@type` for an attribute.
package struct XMLPath: Hashable, Sendable {
  let text: String
  private let elements: [String]
  private let attribute: String?

  /// A path; nil where the text is none.
  package init?(_ text: String) {
    var steps = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    attribute = steps.last?.hasPrefix("@") == true ? String(steps.removeLast().dropFirst()) : nil
    guard !steps.isEmpty, attribute != "", steps.allSatisfy({ !$0.isEmpty && !$0.contains("@") }) else { return nil }
    self.text = text
    elements = steps
  }

  /// What a path comes to.
  package enum Target: Equatable {
    /// The text is there.
    case found(String)
    /// The element in which it would be is there, and it is not.
    case absent
    /// The document has another form.
    case noParent
  }

  /// Follows the path; of several elements of one name, the first.
  package func target(in root: XMLElement) -> Target {
    guard root.name == elements[0] else { return .noParent }
    var element = root
    for (position, name) in elements.enumerated().dropFirst() {
      guard let child = element.child(name) else {
        return position == elements.count - 1 && attribute == nil ? .absent : .noParent
      }
      element = child
    }
    guard let attribute else { return .found(element.trimmedText) }
    return element.attributes[attribute].map { .found($0) } ?? .absent
  }
}
