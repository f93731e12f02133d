// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

/// Makes the table of spaces of the records of `portal.spaces`, read from the beginning in their order.
package struct SpaceTableBuilder {
  private var spaces: [String: SpaceTable.Space] = [:]
  private var ends: [Int32: Int64] = [:]
  private let decoder = EventDecoder()

  /// A builder that has read nothing.
  package init() {}

  /// The table as of the last record. Its version follows from the offsets alone, so that all processes that have read
  /// as far, whenever they began, name the same one.
  package var table: SpaceTable { SpaceTable(version: ends.values.reduce(0, +), spaces: spaces) }

  /// Takes a record in; answers what is wrong with one that cannot be read, which changes nothing.
  package mutating func take(_ record: some LogRecord) -> String? {
    ends[record.partition.partition] = record.offset + 1
    guard let value = record.value else {
      if let key = record.key { spaces[key.string] = nil }
      return nil
    }
    var headers = InputHeaders()
    record.forEachHeader { name, value in headers.take(name, value) }
    do throws(DecodingFailure) {
      let space = try decoder.space(UnsafeRawBufferPointer(value.raw), envelope: headers.envelope)
      if let key = record.key, key != space.space {
        return "space \"\(space.space.shortened)\" is not the record's key \"\(key.shortened)\""
      }
      spaces[space.space.string] = SpaceTable.Space(impEnabled: space.impEnabled, services: space.services)
      return nil
    } catch {
      return error.message
    }
  }
}

extension ByteView {
  /// The first characters, for messages; a space's name is no personal data.
  fileprivate var shortened: String { String(string.prefix(DecodingFailure.maximumShownLength)) }
}
