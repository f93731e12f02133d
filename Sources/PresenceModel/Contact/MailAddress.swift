// SPDX-License-Identifier: Apache-2.0

/// Checks mail addresses before they go into a dispatch, a header or a URI.
///
/// An address is what SMTP takes between the angle brackets of `RCPT TO` (RFC 5321), with UTF-8 where RFC 6531 allows
/// it: a local part, `@`, a domain. Of what the standards allow, these are refused, because software between the
/// worker and the mail box reads them in more than one way, and some way adds a recipient or changes the domain:
///
/// - in a quoted local part: white space, `,;:<>@()[]`, and a backslash before anything but `"` and `\`;
/// - in any local part: `=?`, the beginning of an encoded word (RFC 2047), which some libraries decode in addresses;
/// - invisible characters (formats, bidirectional controls) and every white space of Unicode;
/// - domain literals such as `[192.0.2.1]`, comments, and the trailing dot of a domain.
///
/// A domain of one label (`jane@mailhost`) is accepted; enterprises have them.
public enum MailAddress {
  /// The longest address in bytes: SMTP's path of 256 (RFC 5321, 4.5.3.1.3) without its angle brackets.
  ///
  /// It keeps the domain below the 255 bytes that RFC 5321 gives it.
  public static let maximumLength = 254
  /// The longest local part in bytes.
  public static let maximumLocalLength = 64
  /// The longest label of a domain in bytes; one that is not ASCII is measured by whoever makes an A-label of it.
  public static let maximumLabelLength = 63

  /// Why a text is not a mail address.
  public enum Problem: Error, Equatable, Sendable {
    /// There is no text.
    case empty
    /// The text has more than `maximumLength` bytes, or its local part more than `maximumLocalLength`.
    case tooLong(bytes: Int)
    /// The text is not UTF-8.
    case invalidUTF8
    /// There is no `@`, or nothing before or behind it.
    case missingPart
    /// The part before the `@` has a character that is not allowed there, or a dot at its end or beside another.
    case localPart
    /// The domain has an empty label, a label that is too long, or a character that no host name has.
    case domain
  }

  /// Checks an address.
  public static func check(_ address: ByteView) throws(Problem) {
    guard !address.isEmpty else { throw .empty }
    guard address.count <= maximumLength else { throw .tooLong(bytes: address.count) }
    guard let at = at(in: address), at > 0, at < address.count - 1 else { throw .missingPart }
    guard at <= maximumLocalLength else { throw .tooLong(bytes: address.count) }
    try checkLocal(address[0..<at])
    try checkDomain(address[at + 1..<address.count])
  }

  /// Whether a text is an address that passes `check`.
  public static func isValid(_ address: ByteView) -> Bool {
    do {
      try check(address)
      return true
    } catch {
      return false
    }
  }

  /// Where the `@` between local part and domain is: the last one.
  @inlinable
  static func at(in address: ByteView) -> Int? {
    var index = address.count - 1
    while index >= 0, address.base[index] != UInt8(ascii: "@") { index -= 1 }
    return index < 0 ? nil : index
  }

  private static func checkLocal(_ local: ByteView) throws(Problem) {
    var previous: UInt8 = 0
    for index in 0..<local.count {
      let byte = local[index]
      if byte == UInt8(ascii: "?"), previous == UInt8(ascii: "=") { throw .localPart }
      previous = byte
    }
    let quote = UInt8(ascii: "\"")
    if local[0] == quote {
      guard local.count > 2, local[local.count - 1] == quote else { throw .localPart }
      try checkQuoted(local[1..<local.count - 1])
    } else {
      try checkDotAtom(local)
    }
  }

  private static func checkDotAtom(_ local: ByteView) throws(Problem) {
    var index = 0
    var atomIsEmpty = true
    while index < local.count {
      let byte = local[index]
      if byte == UInt8(ascii: ".") {
        if atomIsEmpty { throw .localPart }
        atomIsEmpty = true
        index += 1
      } else {
        index += try checkCharacter(of: local, at: index, allowedASCII: isAtomText)
        atomIsEmpty = false
      }
    }
    if atomIsEmpty { throw .localPart }
  }

  private static func checkQuoted(_ content: ByteView) throws(Problem) {
    var index = 0
    while index < content.count {
      if content[index] == UInt8(ascii: "\\") {
        guard index + 1 < content.count,
          content[index + 1] == UInt8(ascii: "\"") || content[index + 1] == UInt8(ascii: "\\")
        else { throw .localPart }
        index += 2
      } else {
        index += try checkCharacter(of: content, at: index) { $0 == UInt8(ascii: ".") || isAtomText($0) }
      }
    }
  }

  /// Checks one character of a local part; returns its length.
  private static func checkCharacter(
    of text: ByteView,
    at index: Int,
    allowedASCII: (UInt8) -> Bool
  ) throws(Problem) -> Int {
    let byte = text[index]
    if byte < 0x80 {
      guard allowedASCII(byte) else { throw .localPart }
      return 1
    }
    guard let (scalar, length) = UTF8Scalar.read(text, at: index) else { throw .invalidUTF8 }
    switch scalar.properties.generalCategory {
    case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      throw .localPart
    default: return length
    }
  }

  private static func checkDomain(_ domain: ByteView) throws(Problem) {
    var start = 0
    while true {
      var end = start
      while end < domain.count, domain[end] != UInt8(ascii: ".") { end += 1 }
      try checkLabel(domain[start..<end])
      guard end < domain.count else { return }
      start = end + 1
    }
  }

  private static func checkLabel(_ label: ByteView) throws(Problem) {
    let hyphen = UInt8(ascii: "-")
    guard !label.isEmpty, label[0] != hyphen, label[label.count - 1] != hyphen else { throw .domain }
    var index = 0
    var isASCII = true
    while index < label.count {
      let byte = label[index]
      if byte < 0x80 {
        guard byte == hyphen || isLetterOrDigit(byte) else { throw .domain }
        index += 1
        continue
      }
      isASCII = false
      guard let (scalar, length) = UTF8Scalar.read(label, at: index) else { throw .invalidUTF8 }
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .nonspacingMark, .spacingMark:
        index += length
      default: throw .domain
      }
    }
    guard !isASCII || label.count <= maximumLabelLength else { throw .domain }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  /// `atext` of RFC 5322.
  private static func isAtomText(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || ByteView("!#$%&'*+-/=?^_`{|}~").firstIndex(of: byte) != nil
  }
}

extension MailAddress.Problem: CustomStringConvertible {
  /// What is wrong, as the end of a sentence that begins with the field's name.
  public var description: String {
    switch self {
    case .empty: "is empty"
    case .tooLong(let bytes):
      "has \(bytes) bytes; allowed are \(MailAddress.maximumLength), and \(MailAddress.maximumLocalLength) before the @"
    case .invalidUTF8: "is not UTF-8"
    case .missingPart: "has no @, or nothing before or behind it"
    case .localPart: "has a character before the @ that is not allowed there"
    case .domain: "has no valid domain behind the @"
    }
  }
}
