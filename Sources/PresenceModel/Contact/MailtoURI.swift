// SPDX-License-Identifier: Apache-2.0

/// Writes `mailto:` URIs (RFC 6068) for people who write their mails in a local client.
///
/// (a) At most `maximumLength` bytes: longer ones are cut off by the shells and browsers that hand them on. Where the
///     whole does not fit the body is left out, and where that is not enough, the subject too; a body cut in the middle
///     would be sent by somebody who does not notice.
/// (b) Everything but the unreserved characters of RFC 3986 is percent-encoded, `&;?#%+` among it, and the address's one
///     `@` excepted: no field can be added, no second recipient, and no `+` is taken for a space.
/// (c) Line breaks of the body, whether CR LF, LF or CR, are `%0D%0A`; tabs stay. Other controls are left out of the
///     body, and all of them out of the subject, which should have been refused with one.
public enum MailtoURI {
  /// The most bytes that a URI may have.
  public static let maximumLength = 2_000

  /// How much of a mail went into the URI.
  @frozen
  public enum Extent: UInt8, Sendable {
    /// Address, subject and body, as far as there are any.
    case whole
    /// Address and subject.
    case withoutBody
    /// The address alone.
    case addressOnly
  }

  /// Writes the URI of a mail.
  ///
  /// - Parameters:
  ///   - address: The recipient's address, which has passed `MailAddress.check`.
  ///   - subject: The subject; empty for none.
  ///   - body: The body; empty for none.
  /// - Returns: how much fitted; nil where not even the address does, which a checked one always does. Then nothing is
  ///   written.
  @inlinable
  public static func write<Sink: ByteSink & ~Copyable>(
    to address: ByteView,
    subject: ByteView,
    body: ByteView,
    into sink: inout Sink
  ) -> Extent? {
    guard let extent = extent(to: address, subject: subject, body: body) else { return nil }
    writeAddress(address, into: &sink)
    var separator = UInt8(ascii: "?")
    if extent != .addressOnly { writeSubject(subject, &separator, into: &sink) }
    if extent == .whole { writeBody(body, &separator, into: &sink) }
    return extent
  }

  /// How much of a mail fits into a URI.
  @inlinable
  static func extent(to address: ByteView, subject: ByteView, body: ByteView) -> Extent? {
    guard address.count <= maximumLength else { return nil }
    var counter = ByteCounter()
    var separator = UInt8(ascii: "?")
    writeAddress(address, into: &counter)
    guard counter.count <= maximumLength else { return nil }
    guard subject.count <= maximumLength else { return .addressOnly }
    writeSubject(subject, &separator, into: &counter)
    guard counter.count <= maximumLength else { return .addressOnly }
    // A body of 256 KiB need not be walked: every byte but those of controls becomes one byte at least, and a body that
    // would fit for its controls alone is no loss.
    guard body.count <= maximumLength else { return .withoutBody }
    writeBody(body, &separator, into: &counter)
    return counter.count <= maximumLength ? .whole : .withoutBody
  }

  @inlinable
  static func writeAddress<Sink: ByteSink & ~Copyable>(_ address: ByteView, into sink: inout Sink) {
    sink.append(ByteView("mailto:"))
    guard let at = MailAddress.at(in: address) else {
      PercentEncoding.write(address, into: &sink)
      return
    }
    PercentEncoding.write(address[0..<at], into: &sink)
    sink.append(UInt8(ascii: "@"))
    PercentEncoding.write(address[at + 1..<address.count], into: &sink)
  }

  @inlinable
  static func writeSubject<Sink: ByteSink & ~Copyable>(
    _ subject: ByteView,
    _ separator: inout UInt8,
    into sink: inout Sink
  ) {
    guard !subject.isEmpty else { return }
    begin("subject=", &separator, into: &sink)
    var index = 0
    while index < subject.count {
      let (kind, length) = TextRules.kind(of: subject, at: index)
      if kind != .control { PercentEncoding.write(subject[index..<index + length], into: &sink) }
      index += length
    }
  }

  @inlinable
  static func writeBody<Sink: ByteSink & ~Copyable>(
    _ body: ByteView,
    _ separator: inout UInt8,
    into sink: inout Sink
  ) {
    guard !body.isEmpty else { return }
    begin("body=", &separator, into: &sink)
    var index = 0
    while index < body.count {
      let (kind, length) = TextRules.kind(of: body, at: index)
      switch (kind, body[index]) {
      case (.control, UInt8(ascii: "\r")), (.control, UInt8(ascii: "\n")):
        sink.append(ByteView("%0D%0A"))
        if body[index] == UInt8(ascii: "\r"), index + 1 < body.count, body[index + 1] == UInt8(ascii: "\n") {
          index += 1
        }
      case (.control, UInt8(ascii: "\t")), (.ordinary, _), (.bidirectional, _):
        PercentEncoding.write(body[index..<index + length], into: &sink)
      case (.control, _):
        break
      }
      index += length
    }
  }

  @inlinable
  static func begin<Sink: ByteSink & ~Copyable>(
    _ field: StaticString,
    _ separator: inout UInt8,
    into sink: inout Sink
  ) {
    sink.append(separator)
    sink.append(ByteView(field))
    separator = UInt8(ascii: "&")
  }
}
