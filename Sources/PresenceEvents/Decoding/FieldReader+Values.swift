// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// The kinds of values that the contract knows. An empty text is an absent one, except where a reader requires it.
extension FieldReader {
  /// A text of any content.
  @inline(__always)
  func string() throws(DecodingFailure) -> ByteView {
    guard let text = value.text else { throw current.wrongType("a string") }
    return text
  }

  /// A user, an id, a source and the like: at most `Limits.identifierBytes` bytes, no controls, nothing that turns text
  /// around: a user without a display name is shown by this name.
  @inline(__always)
  func identifier() throws(DecodingFailure) -> ByteView {
    let text = try string()
    guard text.count <= Limits.identifierBytes else { throw current.tooManyBytes(text, Limits.identifierBytes) }
    guard !Text.hasControlOrOverride(text) else { throw current.hasControlOrOverride(.masked) }
    return text
  }

  /// An identifier that may not be empty.
  @inline(__always)
  func requiredIdentifier() throws(DecodingFailure) -> ByteView {
    let text = try identifier()
    guard !text.isEmpty else { throw current.failure(.missingField, "is empty") }
    return text
  }

  /// An IM address or nothing.
  @inline(__always)
  func address() throws(DecodingFailure) -> ByteView {
    let text = try string()
    if text.isEmpty { return text }
    do {
      try IMAddress.check(text)
    } catch {
      throw current.badAddress(error)
    }
    return text
  }

  /// An IM address.
  @inline(__always)
  func requiredAddress() throws(DecodingFailure) -> ByteView {
    let text = try address()
    guard !text.isEmpty else { throw current.failure(.missingField, "is empty") }
    return text
  }

  /// A display name or a title: at most `Limits.nameCharacters` characters, no controls; what turns text around is
  /// removed.
  func displayName() throws(DecodingFailure) -> ByteView {
    let text = try line(Limits.nameCharacters)
    return Text.strippingOverrides(text)
  }

  /// A text of one line, such as a subject: at most `limit` characters, no controls and no separators of lines, which
  /// end a header for some mail libraries.
  func line(_ limit: Int) throws(DecodingFailure) -> ByteView {
    let text = try string()
    guard !Text.isLonger(text, than: limit) else { throw current.tooManyCharacters(text, limit) }
    guard !TextRules.hasControl(text) else { throw current.hasControl(.length) }
    return text
  }

  /// A status message or a failure's message: no controls; what is too long is cut at a grapheme cluster.
  @inline(__always)
  func message() throws(DecodingFailure) -> ByteView {
    let text = try string()
    guard !Text.hasControl(text) else { throw current.hasControl(.length) }
    guard text.count > Limits.messageCharacters else { return text }
    return Text.cut(text, to: Limits.messageCharacters)
  }

  /// A body: at most `Limits.bodyBytes` bytes, kept as it is.
  func body() throws(DecodingFailure) -> ByteView {
    let text = try string()
    guard text.count <= Limits.bodyBytes else { throw current.tooManyBytes(text, Limits.bodyBytes) }
    return text
  }

  /// A mail address or nothing.
  func mailAddress() throws(DecodingFailure) -> ByteView {
    let text = try string()
    if text.isEmpty { return text }
    guard text.count <= Limits.mailAddressBytes else { throw current.tooManyBytes(text, Limits.mailAddressBytes) }
    guard !Text.hasControlOrOverride(text) else { throw current.hasControlOrOverride(.masked) }
    guard Text.isMailAddress(text) else { throw current.invalid(.masked, "is not a mail address") }
    return text
  }

  /// An `http` or `https` URL or nothing.
  func webURL() throws(DecodingFailure) -> ByteView {
    let text = try string()
    if text.isEmpty { return text }
    guard text.count <= Limits.urlBytes else { throw current.tooManyBytes(text, Limits.urlBytes) }
    guard !Text.hasControlOrOverride(text) else { throw current.hasControlOrOverride(.length) }
    guard Text.isWebURL(text) else { throw current.invalid(.length, "is not an http or https URL") }
    return text
  }

  /// A URI that this worker wrote into a snapshot or a dispatch.
  func uri(limit: Int = Limits.launchURIBytes) throws(DecodingFailure) -> ByteView {
    let text = try string()
    guard text.count <= limit else { throw current.tooManyBytes(text, limit) }
    guard !Text.hasControl(text) else { throw current.hasControl(.length) }
    guard Text.isURI(text) else { throw current.invalid(.length, "is not a URI") }
    return text
  }

  /// An RFC 3339 time between `Timestamp.earliestAccepted` and `Timestamp.latestAccepted`.
  @inline(__always)
  func time() throws(DecodingFailure) -> Timestamp {
    let text = try string()
    guard let time = Timestamp(rfc3339: text) else { throw current.invalid(.plain, "is not an RFC 3339 time") }
    guard time >= .earliestAccepted, time <= .latestAccepted else {
      throw current.invalid(.plain, "is not between \(Timestamp.earliestAccepted) and \(Timestamp.latestAccepted)")
    }
    return time
  }

  /// An integer.
  @inline(__always)
  func integer() throws(DecodingFailure) -> Int64 {
    guard let number = value.integer else { throw current.notAnInteger() }
    return number
  }

  /// A number of seconds within `Limits.seconds`.
  @inline(__always)
  func seconds() throws(DecodingFailure) -> Int32 {
    let number = try integer()
    guard Limits.seconds.contains(number) else {
      throw current.invalid(.plain, "is not between \(Limits.seconds.lowerBound) and \(Limits.seconds.upperBound)")
    }
    return Int32(truncatingIfNeeded: number)
  }

  /// `true` or `false`.
  func boolean() throws(DecodingFailure) -> Bool {
    guard let boolean = value.boolean else { throw current.wrongType("a boolean") }
    return boolean
  }

  /// One of a closed list of names.
  @inline(__always)
  func choice<Choice: WireNamed>() throws(DecodingFailure) -> Choice {
    let text = try string()
    guard let choice = Choice(wireName: text) else { throw current.unknown(Choice.allWireNames) }
    return choice
  }
}
