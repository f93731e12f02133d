// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// The compact form in which a user rests in memory: one immutable run of bytes.
///
/// A record is never changed in place: each change packs a new one. So a transaction's undo is a pointer to the old
/// record, and an abort puts the pointer back (see `UserTable`). Texts lie in it with a two-byte length in front, the
/// rarer fields only where they are there, and an address that profile, events and readings share only once. A user
/// with a profile, an address, a message and one reading takes some two hundred bytes.
///
/// Layout: header (32 bytes), `deletedAt`?, `profileUpdatedAt`?, interest (40 bytes)?, six texts, the events' address
/// unless it is one of the profile's, the readings.
enum PackedUser {
  private static let headerSize = 32

  /// Presence of the optional parts, in the upper bits of the stored flags.
  private static let hasUpdatedAt: UInt16 = 1 << 12
  private static let hasInterest: UInt16 = 1 << 13
  /// Where the address in the events is one of the profile's.
  private static let eventIsEnterprise: UInt16 = 1 << 14
  private static let eventIsNetwork: UInt16 = 1 << 15

  /// Where a reading's address lies.
  private enum AddressPlace: UInt8 { case own = 0, enterprise, network, event }

  // MARK: Reading a record

  /// The number of the transaction that packed the record.
  static func transaction(of record: UnsafeRawPointer) -> UInt32 { record.load(as: UInt32.self) }

  /// The size that the record was allocated with.
  static func size(of record: UnsafeRawPointer) -> Int { Int(record.load(fromByteOffset: 24, as: UInt32.self) >> 8) }

  /// The user's number in the table.
  static func id(of record: UnsafeRawPointer) -> UInt32 { record.load(fromByteOffset: 28, as: UInt32.self) }

  /// The user's name, which stands first behind the fixed part.
  static func user(of record: UnsafeRawPointer) -> ByteView {
    var cursor = ReadCursor(record + textsOffset(of: record))
    return cursor.text()
  }

  /// Unpacks a record; the views point into it.
  static func unpack(_ record: UnsafeRawPointer, into readings: ReadingList) -> UserState {
    let stored = record.load(fromByteOffset: 4, as: UInt16.self)
    var cursor = ReadCursor(record + headerSize)
    var deletedAt: Int64 = 0
    if stored & UserState.Flags.deleted.rawValue != 0 { deletedAt = cursor.integer() }
    var updatedAt: Int64?
    if stored & hasUpdatedAt != 0 { updatedAt = cursor.integer() as Int64 }
    var interest = UserState.Interest()
    if stored & hasInterest != 0 {
      interest.until = cursor.integer()
      interest.refreshAt = cursor.integer()
      interest.lookupIssuedAt = cursor.integer()
      interest.lookupUntil = cursor.integer()
      interest.failedUntil = cursor.integer()
    }
    var state = UserState(user: cursor.text(), readings: readings)
    state.isUnpacked = true
    state.flags = UserState.Flags(rawValue: stored & 0x0FFF)
    state.claim = record.load(fromByteOffset: 6, as: Int16.self)
    state.version = record.load(fromByteOffset: 8, as: Int64.self)
    state.creation = record.load(fromByteOffset: 16, as: Int64.self)
    state.deletedAt = deletedAt
    state.profileUpdatedAt = updatedAt
    state.interest = interest
    state.displayName = cursor.text()
    state.mail = cursor.text()
    state.enterpriseAddress = cursor.text()
    state.networkAddress = cursor.text()
    state.networkDisplayName = cursor.text()
    state.eventAddress =
      switch stored & (eventIsEnterprise | eventIsNetwork) {
      case eventIsEnterprise: state.enterpriseAddress
      case eventIsNetwork: state.networkAddress
      default: cursor.text()
      }
    state.readings.removeAll()
    for _ in 0..<(record.load(fromByteOffset: 24, as: UInt32.self) & 0xFF) {
      state.readings.append(unpackReading(&cursor, of: state))
    }
    return state
  }

  private static func unpackReading(_ cursor: inout ReadCursor, of state: UserState) -> Reading {
    let bits: UInt8 = cursor.integer()
    let parts: UInt8 = cursor.integer()
    let observedAt: Int64 = cursor.integer()
    let sequence: Int64? = parts & 1 != 0 ? cursor.integer() : nil
    let lease: Int32 = parts & 2 != 0 ? cursor.integer() : 0
    let renewedAt: Int64 = parts & 2 != 0 ? cursor.integer() : 0
    let validUntil: Int64? = parts & 4 != 0 ? cursor.integer() : nil
    let address: ByteView =
      switch AddressPlace(rawValue: bits >> 4) {
      case .enterprise: state.enterpriseAddress
      case .network: state.networkAddress
      case .event: state.eventAddress
      default: cursor.text()
      }
    return Reading(
      address: address,
      source: cursor.text(),
      device: cursor.text(),
      message: cursor.text(),
      state: PresenceState(rawValue: bits & 3) ?? .offline,
      standing: Reading.Standing(rawValue: bits >> 2 & 3) ?? .live,
      observedAt: Timestamp(milliseconds: observedAt),
      sequence: sequence,
      leaseSeconds: lease,
      validUntil: validUntil.map(Timestamp.init(milliseconds:)),
      renewedAt: renewedAt
    )
  }

  /// Writes another claim into a record, whose size stays as it is.
  ///
  /// The one exception to records being immutable: it happens between transactions, when nothing could want the old
  /// claim back, and a claim is no more than an index into a table that has just been replaced.
  static func reclaim(_ record: UnsafeMutableRawPointer, as claim: Int16, isOutdated: Bool) {
    record.storeBytes(of: claim, toByteOffset: 6, as: Int16.self)
    guard isOutdated else { return }
    let stored = record.load(fromByteOffset: 4, as: UInt16.self)
    record.storeBytes(of: stored | UserState.Flags.outdated.rawValue, toByteOffset: 4, as: UInt16.self)
  }

  private static func textsOffset(of record: UnsafeRawPointer) -> Int {
    let stored = record.load(fromByteOffset: 4, as: UInt16.self)
    return headerSize + (stored & UserState.Flags.deleted.rawValue != 0 ? 8 : 0) + (stored & hasUpdatedAt != 0 ? 8 : 0)
      + (stored & hasInterest != 0 ? 40 : 0)
  }

  // MARK: Writing a record

  /// Where the parts of a state go in its record.
  struct Layout {
    /// The bytes that `pack` will write.
    fileprivate(set) var size: Int
    /// The flag that tells where the address in the events is; zero where it has a place of its own.
    fileprivate var eventPlace: UInt16
    /// Where the addresses of the readings are, two bits each from the lowest on.
    fileprivate var addressPlaces: UInt64 = 0
  }

  /// Where the parts of a state go, found out once for the size of the record and for its content.
  static func layout(of state: UserState) -> Layout {
    let eventPlace = eventPlace(in: state)
    var size = headerSize + (state.flags.contains(.deleted) ? 8 : 0) + (state.profileUpdatedAt != nil ? 8 : 0)
    size += state.interest.isEmpty ? 0 : 40
    size += 12 + state.user.count + state.displayName.count + state.mail.count + state.enterpriseAddress.count
    size += state.networkAddress.count + state.networkDisplayName.count
    if eventPlace == 0 { size += 2 + state.eventAddress.count }
    var addressPlaces: UInt64 = 0
    for index in state.readings.buffer.indices {
      let reading = state.readings[index]
      let place = place(of: reading, in: state)
      addressPlaces |= UInt64(place.rawValue) << UInt64(2 * index)
      size += 10 + (reading.sequence != nil ? 8 : 0) + (reading.leaseSeconds != 0 ? 12 : 0)
      size += (reading.validUntil != nil ? 8 : 0) + 6 + reading.source.count + reading.device.count
      size += reading.message.count + (place == .own ? 2 + reading.address.count : 0)
    }
    return Layout(size: size, eventPlace: eventPlace, addressPlaces: addressPlaces)
  }

  /// Packs a state into `record`, which has the bytes that `layout(of:)` wants for it.
  static func pack(
    _ state: UserState,
    transaction: UInt32,
    id: UInt32 = 0,
    into record: UnsafeMutableRawPointer,
    _ layout: Layout
  ) {
    var stored = state.flags.rawValue & 0x0FFF | layout.eventPlace
    if state.profileUpdatedAt != nil { stored |= hasUpdatedAt }
    if !state.interest.isEmpty { stored |= hasInterest }
    record.storeBytes(of: transaction, as: UInt32.self)
    record.storeBytes(of: stored, toByteOffset: 4, as: UInt16.self)
    record.storeBytes(of: state.claim, toByteOffset: 6, as: Int16.self)
    record.storeBytes(of: state.version, toByteOffset: 8, as: Int64.self)
    record.storeBytes(of: state.creation, toByteOffset: 16, as: Int64.self)
    let sizeAndCount = UInt32(layout.size) << 8 | UInt32(state.readings.buffer.count)
    record.storeBytes(of: sizeAndCount, toByteOffset: 24, as: UInt32.self)
    record.storeBytes(of: id, toByteOffset: 28, as: UInt32.self)

    var cursor = WriteCursor(record + headerSize)
    if state.flags.contains(.deleted) { cursor.integer(state.deletedAt) }
    if let updatedAt = state.profileUpdatedAt { cursor.integer(updatedAt) }
    if !state.interest.isEmpty {
      cursor.integer(state.interest.until)
      cursor.integer(state.interest.refreshAt)
      cursor.integer(state.interest.lookupIssuedAt)
      cursor.integer(state.interest.lookupUntil)
      cursor.integer(state.interest.failedUntil)
    }
    if let texts = packedTexts(of: state) {
      cursor.bytes(texts)
    } else {
      cursor.text(state.user)
      cursor.text(state.displayName)
      cursor.text(state.mail)
      cursor.text(state.enterpriseAddress)
      cursor.text(state.networkAddress)
      cursor.text(state.networkDisplayName)
    }
    if layout.eventPlace == 0 { cursor.text(state.eventAddress) }
    for index in state.readings.buffer.indices {
      let place = AddressPlace(rawValue: UInt8(truncatingIfNeeded: layout.addressPlaces >> UInt64(2 * index) & 3))
      pack(state.readings[index], address: place ?? .own, into: &cursor)
    }
    assert(cursor.pointer == record + layout.size)
  }

  /// The six texts with their lengths as they lie in the record that the state was unpacked from; nil where any of them
  /// is another one now. Most changes touch the readings alone, and these are then one copy.
  private static func packedTexts(of state: UserState) -> ByteView? {
    guard state.isUnpacked else { return nil }
    var end = state.user.base + state.user.count
    func follows(_ text: ByteView) -> Bool {
      let isNext = text.base == end + 2
      end = text.base + text.count
      return isNext
    }
    guard follows(state.displayName), follows(state.mail), follows(state.enterpriseAddress),
      follows(state.networkAddress), follows(state.networkDisplayName)
    else { return nil }
    // The last of them could end elsewhere; the others cannot, or the next would not follow.
    let last = state.networkDisplayName
    guard UnsafeRawPointer(last.base - 2).loadUnaligned(as: UInt16.self) == last.count else { return nil }
    let start = state.user.base - 2
    return ByteView(base: start, count: end - start)
  }

  private static func pack(_ reading: Reading, address place: AddressPlace, into cursor: inout WriteCursor) {
    cursor.integer(reading.state.rawValue | reading.standing.rawValue << 2 | place.rawValue << 4)
    let parts: UInt8 =
      (reading.sequence != nil ? 1 : 0) | (reading.leaseSeconds != 0 ? 2 : 0) | (reading.validUntil != nil ? 4 : 0)
    cursor.integer(parts)
    cursor.integer(reading.observedAt.milliseconds)
    if let sequence = reading.sequence { cursor.integer(sequence) }
    if reading.leaseSeconds != 0 {
      cursor.integer(reading.leaseSeconds)
      cursor.integer(reading.renewedAt)
    }
    if let validUntil = reading.validUntil { cursor.integer(validUntil.milliseconds) }
    if place == .own { cursor.text(reading.address) }
    cursor.text(reading.source)
    cursor.text(reading.device)
    cursor.text(reading.message)
  }

  private static func eventPlace(in state: UserState) -> UInt16 {
    if state.eventAddress.isEmpty { return 0 }
    if state.eventAddress == state.enterpriseAddress { return eventIsEnterprise }
    if state.eventAddress == state.networkAddress { return eventIsNetwork }
    return 0
  }

  private static func place(of reading: Reading, in state: UserState) -> AddressPlace {
    if reading.address.isEmpty { return .own }
    if reading.address == state.eventAddress { return .event }
    if reading.address == state.enterpriseAddress { return .enterprise }
    if reading.address == state.networkAddress { return .network }
    return .own
  }
}

private struct ReadCursor {
  var pointer: UnsafeRawPointer

  init(_ pointer: UnsafeRawPointer) { self.pointer = pointer }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>() -> Value {
    defer { pointer += MemoryLayout<Value>.size }
    return pointer.loadUnaligned(as: Value.self)
  }

  mutating func text() -> ByteView {
    let count: UInt16 = integer()
    defer { pointer += Int(count) }
    return ByteView(UnsafeRawBufferPointer(start: pointer, count: Int(count)))
  }
}

private struct WriteCursor {
  var pointer: UnsafeMutableRawPointer

  init(_ pointer: UnsafeMutableRawPointer) { self.pointer = pointer }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
    pointer.storeBytes(of: value, as: Value.self)
    pointer += MemoryLayout<Value>.size
  }

  /// Writes bytes as they are.
  mutating func bytes(_ bytes: ByteView) {
    bytes.copy(to: pointer.assumingMemoryBound(to: UInt8.self))
    pointer += bytes.count
  }

  /// Decoders hold texts far below the 65,535 bytes that the length has room for.
  mutating func text(_ text: ByteView) {
    integer(UInt16(text.count))
    text.copy(to: pointer.assumingMemoryBound(to: UInt8.self))
    pointer += text.count
  }
}
