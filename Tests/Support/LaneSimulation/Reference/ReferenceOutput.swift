// SPDX-License-Identifier: Apache-2.0

/// What the model expects to be published: the fields that the rules decide.
enum ReferenceOutput: Equatable {
  /// A snapshot: what is shown, its version, and the readings that restoring needs.
  case snapshot(ReferenceView, version: Int, readings: [ReferenceReading])
  /// A deleted user.
  case tombstone
  /// An outcome; `space` is what its trace says of the table of spaces.
  case outcome(
    request: String,
    verdict: String,
    channel: String?,
    reason: String?,
    state: String?,
    quality: String?,
    space: String?
  )
  /// A mail dispatch.
  case mail(request: String, to: String?, reason: String)
  /// An IM dispatch.
  case im(request: String, to: String?)
  /// A look-up.
  case lookup(address: String?, reason: String, request: String?)
  /// A dead letter of an input.
  case deadLetter(topic: String, offset: Int64)
}
