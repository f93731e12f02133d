// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// What a network says of one address: a view of the whole identity, whatever devices it has.
///
/// The moment of the observation is not the agent's to tell; the chain takes the moment at which the call started.
public struct AgentAnswer: Hashable, Sendable {
  /// The state.
  public var state: PresenceState
  /// The status message; nil where there is none. At most `maximumMessageBytes` bytes.
  public var statusMessage: String?
  /// Whether the person is connected but inactive; this never changes the state.
  public var isInactive: Bool
  /// How long the answer is fresh, where the network says so; else the descriptor's `freshness` counts.
  public var validFor: Duration?

  /// The longest status message that passes on, in bytes; longer ones are cut at a grapheme.
  public static let maximumMessageBytes = 1_024

  /// An answer; an empty message is none.
  public init(_ state: PresenceState, message: String? = nil, isInactive: Bool = false, validFor: Duration? = nil) {
    self.state = state
    self.statusMessage = message.flatMap(AgentAnswer.trimmed)
    self.isInactive = isInactive
    self.validFor = validFor
  }

  /// The message without control characters and white space around it, cut to its greatest length.
  private static func trimmed(_ message: String) -> String? {
    var text = ""
    for character in message {
      let isControl = character.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
      let next = isControl ? " " : character
      if text.isEmpty, next.isWhitespace { continue }
      guard text.utf8.count + next.utf8.count <= maximumMessageBytes else { break }
      text.append(next)
    }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text.isEmpty ? nil : text
  }
}
