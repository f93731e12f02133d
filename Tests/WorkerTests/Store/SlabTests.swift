// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Worker

@Suite("The allocator of packed users")
struct SlabTests {
  @Test("Blocks of all sizes keep what is written to them while others come and go")
  func blocksDoNotOverlap() {
    var random = SeededRandom(seed: 3)
    var slab = Slab()
    var blocks: [(pointer: UnsafeMutableRawPointer, size: Int, mark: UInt8)] = []
    for round in 0..<30_000 {
      if Int.random(in: 0..<5, using: &random) < 3 || blocks.isEmpty {
        let size = Int.random(in: 0..<40, using: &random) == 0 ? 5_000 : Int.random(in: 33...600, using: &random)
        let pointer = slab.allocate(size)
        let mark = UInt8(truncatingIfNeeded: round)
        pointer.initializeMemory(as: UInt8.self, repeating: mark, count: size)
        #expect(UInt(bitPattern: pointer) % 16 == 0)
        blocks.append((pointer, size, mark))
      } else {
        let index = Int.random(in: 0..<blocks.count, using: &random)
        let block = blocks[index]
        blocks[index] = blocks[blocks.count - 1]
        blocks.removeLast()
        let bytes = UnsafeRawBufferPointer(start: block.pointer, count: block.size)
        #expect(bytes.allSatisfy { $0 == block.mark })
        slab.free(block.pointer, size: block.size)
      }
    }
    for block in blocks { slab.free(block.pointer, size: block.size) }
  }

  @Test("Pages that have become empty serve another size")
  func emptyPagesServeAnySize() {
    var slab = Slab()
    let small = (0..<20_000).map { _ in slab.allocate(100) }
    let reserved = slab.reservedBytes
    for block in small { slab.free(block, size: 100) }
    for _ in 0..<9_000 { _ = slab.allocate(200) }
    #expect(slab.reservedBytes == reserved)
  }

  @Test("A size that is freed and taken again and again takes nothing from the system")
  func steadyStateTakesNothing() {
    var slab = Slab()
    var blocks = (0..<1_000).map { _ in slab.allocate(224) }
    let reserved = slab.reservedBytes
    for round in 0..<100_000 {
      let index = round * 7 % blocks.count
      slab.free(blocks[index], size: 224)
      blocks[index] = slab.allocate(224)
    }
    #expect(slab.reservedBytes == reserved)
  }
}
