// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// The W3C Trace Context that an event carries and that everything it causes carries on.
///
/// Borrowed views; empty means absent.
public struct TraceContext {
  /// `traceparent`
  public let traceparent: ByteView
  /// `tracestate`; empty where there is no `traceparent`.
  public let tracestate: ByteView

  /// No trace.
  public static var none: TraceContext { TraceContext(traceparent: .empty, tracestate: .empty) }

  /// The trace of two headers.
  ///
  /// As the recommendation asks, an invalid `traceparent` counts as none and takes `tracestate` with it, and an
  /// invalid `tracestate` is dropped alone. Neither is an error: a broken tracer must not stop presence.
  public init(traceparent: ByteView, tracestate: ByteView) {
    let isTraced = !traceparent.isEmpty && TraceContext.isValid(traceparent: traceparent)
    self.traceparent = isTraced ? traceparent : .empty
    self.tracestate = isTraced && TraceContext.isValid(tracestate: tracestate) ? tracestate : .empty
  }

  /// Whether there is no trace.
  @inlinable
  public var isEmpty: Bool { traceparent.isEmpty }

  /// `version "-" trace-id "-" parent-id "-" flags` in lower-case hexadecimal; later versions may go on after that.
  private static func isValid(traceparent text: ByteView) -> Bool {
    guard text.count >= 55, isHex(text[0..<2]), isHex(text[3..<35]), isHex(text[36..<52]), isHex(text[53..<55]),
      text[2] == dash, text[35] == dash, text[52] == dash
    else { return false }
    if text[0..<2] == ByteView("ff") || isZero(text[3..<35]) || isZero(text[36..<52]) { return false }
    if text[0..<2] == ByteView("00") { return text.count == 55 }
    return (text.count == 55 || text[55] == dash) && text.count <= 512
      && text.raw.allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }

  /// At most 32 members `key=value` separated by commas, at most 512 bytes in all.
  private static func isValid(tracestate text: ByteView) -> Bool {
    guard !text.isEmpty, text.count <= 512 else { return false }
    var members = 0
    var start = 0
    while start <= text.count {
      let rest = text[start..<text.count]
      let length = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.count
      let member = trimmed(rest[0..<length])
      if !member.isEmpty {
        members += 1
        guard members <= 32, isValid(member: member) else { return false }
      }
      start += length + 1
    }
    return members > 0
  }

  private static func isValid(member: ByteView) -> Bool {
    guard let equals = member.firstIndex(of: UInt8(ascii: "=")), equals > 0, equals <= 256 else { return false }
    let value = member[equals + 1..<member.count]
    guard !value.isEmpty, value.count <= 256 else { return false }
    for index in 0..<equals {
      switch member[index] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): break
      case UInt8(ascii: "_"), dash, UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "@"):
        guard index > 0 else { return false }
      default: return false
      }
    }
    return value.raw.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }
  }

  private static func trimmed(_ text: ByteView) -> ByteView {
    var start = 0
    var end = text.count
    while start < end, text[start] == 0x20 || text[start] == 0x09 { start += 1 }
    while end > start, text[end - 1] == 0x20 || text[end - 1] == 0x09 { end -= 1 }
    return text[start..<end]
  }

  private static let dash = UInt8(ascii: "-")

  private static func isHex(_ text: ByteView) -> Bool {
    for byte in text.raw where !(byte &- 0x30 <= 9 || (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f"))) {
      return false
    }
    return true
  }

  private static func isZero(_ text: ByteView) -> Bool { text.raw.allSatisfy { $0 == 0x30 } }
}
