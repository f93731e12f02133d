// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel
import Testing

@testable import Worker

@Suite("The table of spaces")
struct SpaceTableTests {
  private func take(_ key: String?, _ value: String?, at offset: Int64, _ builder: inout SpaceTableBuilder) -> String? {
    var problem: String?
    Views.lend([key ?? "", value ?? ""]) { views in
      problem = builder.take(
        EnricherHarness.Record(
          partition: LogPartition(.portalSpaces, 0),
          offset: offset,
          timestamp: Office.start,
          key: key == nil ? nil : views[0],
          value: value == nil ? nil : views[1]
        )
      )
    }
    return problem
  }

  private func space(_ name: String, in table: SpaceTable) -> SpaceTable.Space? {
    ByteView.withView(of: name) { table.space(named: $0) }
  }

  @Test("A process that has read a compacted topic names the same version as one that has read every record")
  func sameVersionWhateverWasCompacted() {
    let off = #"{"space":"a","impEnabled":false,"services":["mail"]}"#
    var whole = SpaceTableBuilder()
    #expect(take("a", #"{"space":"a","impEnabled":true,"services":["mail","im"]}"#, at: 0, &whole) == nil)
    #expect(take("b", nil, at: 1, &whole) == nil)
    #expect(take("a", off, at: 2, &whole) == nil)
    var compacted = SpaceTableBuilder()
    #expect(take("a", off, at: 2, &compacted) == nil)
    #expect(whole.table.version == 3)
    #expect(compacted.table.version == 3)
    #expect(space("a", in: compacted.table)?.impEnabled == false)
  }

  @Test("A tombstone makes a space unknown again")
  func tombstone() {
    var builder = SpaceTableBuilder()
    _ = take("a", #"{"space":"a","impEnabled":true,"services":[]}"#, at: 0, &builder)
    #expect(space("a", in: builder.table) != nil)
    _ = take("a", nil, at: 1, &builder)
    #expect(space("a", in: builder.table) == nil)
  }

  @Test("A record whose key is another space's changes neither, and says why")
  func foreignKey() {
    var builder = SpaceTableBuilder()
    _ = take("b", #"{"space":"b","impEnabled":true,"services":["mail"]}"#, at: 0, &builder)
    let problem = take("a", #"{"space":"b","impEnabled":false,"services":[]}"#, at: 1, &builder)
    #expect(problem?.contains("is not the record's key") == true)
    #expect(space("b", in: builder.table)?.impEnabled == true)
    #expect(space("a", in: builder.table) == nil)
  }

  @Test("What cannot be read leaves the space as it was")
  func unreadable() {
    var builder = SpaceTableBuilder()
    _ = take("a", #"{"space":"a","impEnabled":true,"services":["mail"]}"#, at: 0, &builder)
    #expect(take("a", "{", at: 1, &builder) != nil)
    #expect(space("a", in: builder.table)?.services == [.mail])
    #expect(builder.table.version == 2)
  }
}
