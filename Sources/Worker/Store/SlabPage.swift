// SPDX-License-Identifier: Apache-2.0

/// A page of a slab: 64 KiB of blocks of one size, with a bitmap of those that are free.
///
/// A block's page is found by its address alone. Which blocks are free stands in the page's header and not in the
/// blocks, so that taking and freeing one does not touch memory that has long left the cache.
struct SlabPage: Equatable {
  /// The size of a page, and its alignment.
  static let size = 64 << 10
  /// The smallest size of blocks: as many as the bitmap has bits for.
  static let smallestBlock = 48

  private static let headerSize = 256
  private static let bitmapOffset = 64

  private struct Header {
    var blockSize: UInt32
    var blockCount: UInt32
    var freeCount: UInt32
    /// No block of the bitmap's words before this one is free.
    var firstWord: UInt32
    var previous: SlabPage?
    var next: SlabPage?
  }

  private let base: UnsafeMutableRawPointer

  /// The page at an address that is a multiple of `size`.
  init(at base: UnsafeMutableRawPointer) { self.base = base }

  /// The page of a block.
  init(of block: UnsafeMutableRawPointer) {
    base = block - Int(UInt(bitPattern: block) & UInt(SlabPage.size - 1))
  }

  private var header: UnsafeMutablePointer<Header> { base.assumingMemoryBound(to: Header.self) }

  private var bitmap: UnsafeMutablePointer<UInt64> {
    (base + SlabPage.bitmapOffset).assumingMemoryBound(to: UInt64.self)
  }

  /// Its neighbours in the list that it is in.
  var previous: SlabPage? {
    get { header.pointee.previous }
    nonmutating set { header.pointee.previous = newValue }
  }
  var next: SlabPage? {
    get { header.pointee.next }
    nonmutating set { header.pointee.next = newValue }
  }

  /// The size of its blocks.
  var blockSize: Int { Int(header.pointee.blockSize) }
  /// How many blocks it has.
  var blockCount: Int { Int(header.pointee.blockCount) }
  /// How many of them are free.
  var freeCount: Int { Int(header.pointee.freeCount) }

  /// Puts the page into no list; what else is in its header is undefined until `prepare`.
  func clear() {
    base.initializeMemory(
      as: Header.self,
      to: Header(blockSize: 0, blockCount: 0, freeCount: 0, firstWord: 0, previous: nil, next: nil)
    )
  }

  /// Makes a page of free blocks of a size.
  func prepare(blockSize: Int) {
    let count = (SlabPage.size - SlabPage.headerSize) / blockSize
    header.pointee = Header(
      blockSize: UInt32(blockSize),
      blockCount: UInt32(count),
      freeCount: UInt32(count),
      firstWord: 0,
      previous: nil,
      next: nil
    )
    for word in 0..<(count + 63) / 64 {
      bitmap[word] = count >= (word + 1) * 64 ? .max : (1 << UInt64(count - word * 64)) - 1
    }
  }

  /// Takes the free block with the lowest address; there is one. Returns also the one that would be next.
  @inline(__always)
  func take() -> (block: UnsafeMutableRawPointer, following: UnsafeMutableRawPointer) {
    var word = Int(header.pointee.firstWord)
    while bitmap[word] == 0 { word += 1 }
    let bits = bitmap[word]
    let rest = bits & (bits &- 1)
    bitmap[word] = rest
    header.pointee.firstWord = UInt32(truncatingIfNeeded: word)
    header.pointee.freeCount &-= 1
    let index = word * 64 + bits.trailingZeroBitCount
    // The next one may be in the next word; where it is not there either this is wrong, and only a hint.
    let ahead = rest != 0 ? rest : bitmap[word + 1]
    let following = (rest != 0 ? word : word + 1) * 64 + ahead.trailingZeroBitCount
    return (block(index), block(following))
  }

  /// Gives a block back.
  @inline(__always)
  func put(_ block: UnsafeMutableRawPointer) {
    let index = UInt32(truncatingIfNeeded: block - base - SlabPage.headerSize) / header.pointee.blockSize
    let word = index / 64
    assert(bitmap[Int(word)] & (1 << UInt64(index % 64)) == 0, "a block is freed once")
    bitmap[Int(word)] |= 1 << UInt64(index % 64)
    header.pointee.firstWord = min(header.pointee.firstWord, word)
    header.pointee.freeCount &+= 1
  }

  /// Calls `body` with each block that is not free.
  func forEachBlockInUse(_ body: (UnsafeMutableRawPointer) -> Void) {
    for index in 0..<blockCount where bitmap[index / 64] & (1 << UInt64(index % 64)) == 0 { body(block(index)) }
  }

  @inline(__always)
  private func block(_ index: Int) -> UnsafeMutableRawPointer {
    base + SlabPage.headerSize + index * blockSize
  }
}
