// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import TestSupport
import Testing

@testable import Worker

@Suite("Packed users and their table", .computing)
struct UserTableTests {
  @Test("An unpacked user packs again whichever of its texts has become another one")
  func repacking() {
    let scratch = ReadingList.makeScratch()
    defer { scratch.deallocate() }
    var random = SeededRandom(seed: 11)
    for round in 0..<2_000 {
      let old = ModelUser.random(&random, name: "user\(round % 9)")
      old.withState(scratch) { state in
        withPacked(state) { record in
          var state = PackedUser.unpack(record, into: ReadingList(scratch: scratch))
          // Two times in eight all stay; a text may also become shorter where it lies.
          let other = ["", "x", "other text of more than sixteen bytes"][round % 3]
          ByteView.withView(of: other) { other in
            switch round % 8 {
            case 0: state.displayName = other
            case 1: state.mail = other
            case 2: state.enterpriseAddress = other
            case 3: state.networkAddress = other
            case 4: state.networkDisplayName = other
            case 5: state.networkDisplayName = state.networkDisplayName[0..<state.networkDisplayName.count / 2]
            default: break
            }
            let expected = ModelUser(state)
            withPacked(state) { record in
              let again = ModelUser(PackedUser.unpack(record, into: ReadingList(scratch: scratch)))
              #expect(again == expected)
            }
          }
        }
      }
    }
  }

  private func withPacked(_ state: UserState, _ body: (UnsafeRawPointer) -> Void) {
    let layout = PackedUser.layout(of: state)
    let record = UnsafeMutableRawPointer.allocate(byteCount: layout.size, alignment: 16)
    defer { record.deallocate() }
    PackedUser.pack(state, transaction: 9, into: record, layout)
    body(record)
  }

  @Test("A packed user unpacks to what was packed, with every optional part there and away")
  func roundTrip() {
    let scratch = ReadingList.makeScratch()
    defer { scratch.deallocate() }
    var random = SeededRandom(seed: 7)
    for _ in 0..<2_000 {
      let model = ModelUser.random(&random, name: "user\(Int.random(in: 0..<9, using: &random))")
      model.withState(scratch) { state in
        let layout = PackedUser.layout(of: state)
        let size = layout.size
        let record = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        defer { record.deallocate() }
        PackedUser.pack(state, transaction: 9, into: record, layout)
        let other = ReadingList.makeScratch()
        defer { other.deallocate() }
        let unpacked = PackedUser.unpack(record, into: ReadingList(scratch: other))
        #expect(ModelUser(unpacked) == model)
        #expect(PackedUser.user(of: record).string == model.name)
        #expect(PackedUser.size(of: record) == size)
        #expect(PackedUser.transaction(of: record) == 9)
      }
    }
  }

  @Test("The table is a dictionary whose transactions can be taken back")
  func tableAgainstDictionary() {
    let scratch = ReadingList.makeScratch()
    defer { scratch.deallocate() }
    for seed in 1...60 as ClosedRange<UInt64> {
      var random = SeededRandom(seed: seed)
      var table = UserTable()
      var committed: [String: ModelUser] = [:]
      var current = committed
      for _ in 0..<400 {
        switch Int.random(in: 0..<20, using: &random) {
        case 0:
          table.commit()
          committed = current
        case 1:
          table.rollback()
          current = committed
        case 2 where !committed.isEmpty:
          guard let name = committed.keys.sorted().first, let id = ByteView.withView(of: name, { table.find($0) }),
            !table.isChanged(id)
          else { continue }
          table.remove(id)
          committed[name] = nil
          current[name] = nil
        default:
          let model = ModelUser.random(&random, name: "u\(Int.random(in: 0..<120, using: &random))")
          let id = ByteView.withView(of: model.name) { table.find($0) }
          #expect((id != nil) == (current[model.name] != nil))
          model.withState(scratch) { _ = table.store($0, as: id) }
          current[model.name] = model
        }
        #expect(table.count == current.count)
      }
      for (name, model) in current {
        let id = ByteView.withView(of: name) { table.find($0) }
        let record = id.flatMap { table.record($0) }
        #expect(record.map { ModelUser(PackedUser.unpack($0, into: ReadingList(scratch: scratch))) } == model)
      }
      table.rollback()
      for (name, model) in committed {
        let id = ByteView.withView(of: name) { table.find($0) }
        let record = id.flatMap { table.record($0) }
        #expect(record.map { ModelUser(PackedUser.unpack($0, into: ReadingList(scratch: scratch))) } == model)
      }
      #expect(table.count == committed.count)
    }
  }

  @Test("Repacking the same users takes nothing more from the system")
  func steadyState() {
    let scratch = ReadingList.makeScratch()
    defer { scratch.deallocate() }
    var random = SeededRandom(seed: 3)
    var table = UserTable()
    let models = (0..<1_000).map { ModelUser.random(&random, name: "user\($0)") }
    func touchAll() {
      for model in models {
        let id = ByteView.withView(of: model.name) { table.find($0) }
        model.withState(scratch) { _ = table.store($0, as: id) }
      }
      table.commit()
    }
    touchAll()
    touchAll()
    let reserved = table.reservedBytes
    for _ in 0..<20 { touchAll() }
    #expect(table.reservedBytes == reserved)
  }

  @Test("Beyond sixteen readings the one that was observed first goes")
  func oldestReadingGoes() {
    let scratch = ReadingList.makeScratch()
    defer { scratch.deallocate() }
    var list = ReadingList(scratch: scratch)
    for index in 0..<40 {
      list.append(
        Reading(
          address: .empty,
          source: ByteView("s"),
          state: .online,
          observedAt: Timestamp(milliseconds: Int64((index * 7) % 40))
        )
      )
    }
    #expect(list.count == Reading.maximumPerUser)
    #expect(list.buffer.map(\.observedAt.milliseconds).sorted() == Array(24..<40))
  }

  @Test("Records that have outgrown their size leave no memory behind, and users keep their numbers")
  func memoryOfOldSizesIsUsedAgain() {
    let scratch = ReadingList.makeScratch()
    defer { scratch.deallocate() }
    let users = 60_000
    var table = UserTable()
    var ids = [UserTable.UserID](repeating: -1, count: users)

    func name(_ number: Int) -> String { "user\(number)" }
    func store(_ number: Int, mail: String, _ table: inout UserTable) -> UserTable.UserID {
      ByteView.withView(of: name(number)) { user in
        ByteView.withView(of: mail) { mail in
          var state = UserState(user: user, readings: ReadingList(scratch: scratch))
          state.creation = Int64(number)
          state.mail = mail
          let id = table.find(user)
          return table.store(state, as: id)
        }
      }
    }

    for number in 0..<users { ids[number] = store(number, mail: "", &table) }
    table.commit()
    // Everybody grows, in an order that empties no page before the end.
    let mail = String(repeating: "m", count: 100)
    for step in 0..<users {
      let number = step * 7_919 % users
      #expect(store(number, mail: mail, &table) == ids[number])
      if step % 500 == 499 { table.commit() }
    }
    table.commit()

    for number in 0..<users {
      ByteView.withView(of: name(number)) { user in
        #expect(table.find(user) == ids[number])
        guard let record = table.record(ids[number]) else {
          Issue.record("user \(number) has no record")
          return
        }
        let state = PackedUser.unpack(record, into: ReadingList(scratch: scratch))
        #expect(state.user == user && state.creation == Int64(number) && state.mail.string == mail)
      }
    }
    // Were the 64 bytes of each old record still idle, it would be 3.8 MB.
    #expect(table.idleBytes < 2_500_000)
  }
}
