// SPDX-License-Identifier: Apache-2.0

/// Cuts the byte stream of a TCP or TLS connection into messages.
///
/// A stream has no second chance: what cannot be framed, or is larger than the limits, ends the connection.
package struct SIPStreamFramer {
  /// The longest body that is taken.
  let maximumBodyBytes: Int

  /// Why the connection has to end.
  package enum Problem: Error, Equatable {
    case malformed(SIPMessageParser.Problem)
    case headTooLarge
    case bodyTooLarge
  }

  private var buffer: [UInt8] = []
  private var head: SIPMessage?
  private var bodyLength = 0
  /// Up to where the buffer has been searched for the end of a head.
  private var searched = 0

  package init(maximumBodyBytes: Int) { self.maximumBodyBytes = maximumBodyBytes }

  /// Takes bytes that have come in.
  package mutating func append(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

  /// The next whole message; nil where more bytes are needed.
  package mutating func next() throws(Problem) -> SIPMessage? {
    if head == nil {
      skipKeepAlives()
      guard let end = SIPMessageParser.endOfHead(buffer[searched...]) else {
        searched = max(0, buffer.count - 3)
        guard buffer.count <= SIPMessageParser.maximumHeadBytes else { throw .headTooLarge }
        return nil
      }
      guard end <= SIPMessageParser.maximumHeadBytes else { throw .headTooLarge }
      let message: SIPMessage
      do throws(SIPMessageParser.Problem) {
        message = try SIPMessageParser.parseHead(buffer[..<end])
        guard let length = try SIPMessageParser.contentLength(of: message) else {
          throw .missingField("Content-Length")
        }
        bodyLength = length
      } catch {
        throw .malformed(error)
      }
      guard bodyLength <= maximumBodyBytes else { throw .bodyTooLarge }
      head = message
      buffer.removeFirst(end)
      searched = 0
    }
    guard var message = head, buffer.count >= bodyLength else { return nil }
    message.body = Array(buffer.prefix(bodyLength))
    buffer.removeFirst(bodyLength)
    head = nil
    return message
  }

  /// Line ends between messages keep connections alive (RFC 5626).
  private mutating func skipKeepAlives() {
    let count = buffer.prefix { $0 == 0x0D || $0 == 0x0A }.count
    guard count > 0 else { return }
    buffer.removeFirst(count)
    searched = 0
  }
}
