// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// Builds the headers of an output: CloudEvents in binary mode, and the trace.
///
/// ```swift
/// headers.begin(.presenceSnapshot)
/// headers.setID(user: user, created: created, version: 7)
/// headers.set(subject: user)
/// headers.set(time: now)
/// headers.set(trace)
/// send(headers.all)
/// ```
///
/// The values lie in one buffer that every event uses again; nothing is allocated. The headers that never change, the
/// version, the source and the content type, are prepared once. Names end with a zero byte behind their last, as C
/// wants them.
public struct EnvelopeWriter: ~Copyable {
  private static let maximumCount = 10
  private static let fixedCount = 3

  private var values: JSONBuffer
  /// Where `values` was when the entries were made: they point into it.
  private var valuesBase: UnsafePointer<UInt8>
  private let entries = UnsafeMutablePointer<(name: ByteView, value: ByteView?)>.allocate(
    capacity: EnvelopeWriter.maximumCount
  )
  private let fixedLength: Int

  /// The number of headers.
  public private(set) var count = 0

  /// A writer of headers of this source, such as `/presence-worker/eu-1`, a URI reference.
  public init(source: String) {
    var values = JSONBuffer(capacity: 2_048)
    values.append("1.0")
    let sourceStart = values.count
    ByteView.withView(of: source) { values.append($0) }
    let typeStart = values.count
    values.append("application/json")
    fixedLength = values.count
    // All are written before the entries are made, so that nothing moves meanwhile.
    let written = ByteView(values.bytes)
    valuesBase = written.base
    self.values = values
    entries[0] = (ByteView("ce_specversion"), written[0..<sourceStart])
    entries[1] = (ByteView("ce_source"), written[sourceStart..<typeStart])
    entries[2] = (ByteView("content-type"), written[typeStart..<written.count])
    count = EnvelopeWriter.fixedCount
  }

  deinit { entries.deallocate() }

  /// The headers, valid until the next change; each has a value, optional only because a log's headers may have none.
  public var all: UnsafeBufferPointer<(name: ByteView, value: ByteView?)> {
    UnsafeBufferPointer(start: entries, count: count)
  }

  /// Begins the headers of an event of this type; the last event's are gone.
  public mutating func begin(_ type: EventType) {
    values.truncate(to: fixedLength)
    count = EnvelopeWriter.fixedCount
    values.append(type.wireName)
    close("ce_type")
  }

  /// Sets `ce_id`, which names the event for ever.
  public mutating func set(id: ByteView) {
    values.append(id)
    close("ce_id")
  }

  /// Sets `ce_id` of what an input caused: topic, partition, offset and a running index.
  ///
  /// The same input gives the same ids whoever processes it, so a repeat can be recognised.
  public mutating func setID(topic: ByteView, partition: Int32, offset: Int64, index: Int) {
    values.append(topic)
    values.append(byte: UInt8(ascii: "/"))
    values.append(Int64(partition))
    values.append(byte: UInt8(ascii: "/"))
    values.append(offset)
    values.append(byte: UInt8(ascii: "/"))
    values.append(Int64(index))
    close("ce_id")
  }

  /// Sets `ce_id` of a snapshot or of what a timer caused: the user, its creation in milliseconds, and the version.
  public mutating func setID(user: ByteView, created: Timestamp, version: Int64) {
    values.append(user)
    values.append(byte: UInt8(ascii: "/"))
    values.append(created.milliseconds)
    values.append(byte: UInt8(ascii: "/"))
    values.append(version)
    close("ce_id")
  }

  /// Sets `ce_subject`, the user.
  public mutating func set(subject: ByteView) {
    values.append(subject)
    close("ce_subject")
  }

  /// Sets `ce_time`.
  public mutating func set(time: Timestamp) {
    values.append(unquoted: time)  // once for a whole batch, as it remembers the last one
    close("ce_time")
  }

  /// Sets `ce_requestid`, on outcomes and dispatches.
  public mutating func set(requestID: ByteView) {
    values.append(requestID)
    close("ce_requestid")
  }

  /// Sets `traceparent` and `tracestate` where there is a trace.
  public mutating func set(_ trace: TraceContext) {
    guard !trace.isEmpty else { return }
    values.append(trace.traceparent)
    close("traceparent")
    guard !trace.tracestate.isEmpty else { return }
    values.append(trace.tracestate)
    close("tracestate")
  }

  /// The name of a header; it lives as long as the program.
  public func name(at index: Int) -> ByteView {
    precondition(index >= 0 && index < count)
    return entries[index].name
  }

  /// The value of a header, valid until the next change.
  public func value(at index: Int) -> ByteView {
    precondition(index >= 0 && index < count)
    return entries[index].value ?? .empty
  }

  /// Makes a header of everything that was written behind the last one.
  @inline(__always)
  private mutating func close(_ name: StaticString) {
    precondition(count < EnvelopeWriter.maximumCount, "a header was set twice")
    let written = ByteView(values.bytes)
    if _slowPath(written.base != valuesBase) { rebase(to: written.base) }
    let last = entries[count &- 1].value ?? .empty
    let start = last.base + last.count
    entries[count] = (ByteView(name), ByteView(base: start, count: written.base + written.count - start))
    count &+= 1
  }

  /// Lets the entries point into the buffer at its new place.
  private mutating func rebase(to base: UnsafePointer<UInt8>) {
    for index in 0..<count {
      guard let value = entries[index].value else { continue }
      entries[index].value = ByteView(base: base + (value.base - valuesBase), count: value.count)
    }
    valuesBase = base
  }
}
