// SPDX-License-Identifier: Apache-2.0

/// Why something that came in, or a peer, was refused; each is counted by its name and changes no state.
enum SIPRefusal: String, CaseIterable, Hashable, Sendable {
  /// It is not SIP, or SIP that lacks what every message needs.
  case malformedMessage
  /// It did not come from the server.
  case foreignSource
  /// It belongs to no dialogue of ours.
  case unknownDialog
  /// It is older than what came before it in its dialogue.
  case outOfOrder
  /// It is larger than is taken.
  case tooLarge
  /// A request with a method, or of an event package, that is not for us.
  case unexpectedRequest
  /// A response to nothing that was asked.
  case unexpectedResponse
  /// A body of a type that was not asked for.
  case unknownDocument
  /// A body that is not the document that its type says.
  case malformedDocument
  /// A document about somebody who is not watched by this subscription.
  case foreignEntity
  /// A document that is older than what is known.
  case outdatedDocument
  /// A number or an absence of which the server's documents do not say what it means.
  case undefinedState
  /// The server's certificate is not one that is trusted for its name.
  case certificate
}
