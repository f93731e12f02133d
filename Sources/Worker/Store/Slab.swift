// SPDX-License-Identifier: Apache-2.0

import CBytes

/// An allocator for packed records: pages of blocks of one size, for each size in steps of sixteen bytes.
///
/// Each change of a user replaces one packed record by another of nearly the same size, which a general allocator does
/// in some forty nanoseconds and with fragmentation that grows over days. Here both are a few instructions, and nothing
/// is allocated in steady state.
///
/// Records grow from one size to another, together (a restore reads snapshots first and profiles then) or over months.
/// A page that has become empty serves any size; `pageToClear` names the pages that are worth emptying. Memory goes
/// back to the system with the slab, which is when a partition's store is dropped.
struct Slab: ~Copyable {
  private static let step = 16
  private static let largestBlock = 4_096
  private static let classCount = largestBlock / step + 1

  private struct SizeClass {
    /// The pages with free blocks; the first is taken from.
    var pages: SlabPage?
    var freeBlocks = 0
  }

  private var regions: [UnsafeMutableRawPointer] = []
  private var emptyPages: SlabPage?
  private let classes: UnsafeMutablePointer<SizeClass>

  /// Bytes that are taken from the system, records larger than the largest block included.
  private(set) var reservedBytes = 0
  /// Bytes of blocks that are free in pages which are not empty.
  private(set) var idleBytes = 0

  init() {
    classes = .allocate(capacity: Slab.classCount)
    classes.initialize(repeating: SizeClass(), count: Slab.classCount)
  }

  deinit {
    for region in regions { region.deallocate() }
    classes.deallocate()
  }

  /// Whether memory of that size comes from the system alone, and has to be freed by whoever drops the slab.
  static func isLarge(_ size: Int) -> Bool { size > largestBlock }

  /// Memory for `size` bytes, aligned to 16.
  @inline(__always)
  mutating func allocate(_ size: Int) -> UnsafeMutableRawPointer {
    if _slowPath(Slab.isLarge(size)) {
      reservedBytes += size
      return .allocate(byteCount: size, alignment: 16)
    }
    let index = Slab.classIndex(size)
    let page = classes[index].pages ?? addPage(to: index)
    let (block, following) = page.take()
    classes[index].freeBlocks &-= 1
    idleBytes &-= page.blockSize
    // The next record is written there: by then its memory is in the cache.
    for offset in stride(from: 0, to: size, by: 64) { cb_prefetch(following + offset) }
    if page.freeCount == 0 { unlink(page, from: index) }
    return block
  }

  /// Takes memory of `size` bytes back; `size` is what it was allocated with.
  @inline(__always)
  mutating func free(_ pointer: UnsafeMutableRawPointer, size: Int) {
    if _slowPath(Slab.isLarge(size)) {
      reservedBytes -= size
      pointer.deallocate()
      return
    }
    let index = Slab.classIndex(size)
    let page = SlabPage(of: pointer)
    page.put(pointer)
    classes[index].freeBlocks &+= 1
    idleBytes &+= page.blockSize
    if page.freeCount == 1 { link(page, to: index) }
    // One page of a size that is in use stays, so that it does not come and go with one record.
    if page.freeCount == page.blockCount, classes[index].pages != page || page.next != nil {
      takeOut(page, of: index)
      reuse(page)
    }
  }

  // MARK: Clearing pages

  /// Takes a page out of use whose records other pages of the same size have room for; nil where none is worth it.
  ///
  /// The caller moves the page's records to memory that it allocates, and hands the page to `reuse`.
  ///
  /// - Parameter allowance: how many bytes may be idle.
  mutating func pageToClear(allowance: Int) -> SlabPage? {
    guard idleBytes > allowance else { return nil }
    var widest = 0
    for index in 1..<Slab.classCount where classes[index].freeBlocks * index > classes[widest].freeBlocks * widest {
      widest = index
    }
    guard var page = classes[widest].pages else { return nil }
    var emptiest = page
    while let next = page.next {
      if next.freeCount > emptiest.freeCount { emptiest = next }
      page = next
    }
    let live = emptiest.blockCount - emptiest.freeCount
    guard emptiest.freeCount * 4 >= emptiest.blockCount,
      classes[widest].freeBlocks - emptiest.freeCount >= live
    else { return nil }
    takeOut(emptiest, of: widest)
    return emptiest
  }

  /// Makes a page that is out of use, and has no records any more, one for any size.
  mutating func reuse(_ page: SlabPage) {
    page.next = emptyPages
    emptyPages = page
  }

  private mutating func takeOut(_ page: SlabPage, of index: Int) {
    unlink(page, from: index)
    classes[index].freeBlocks -= page.freeCount
    idleBytes -= page.freeCount * page.blockSize
  }

  // MARK: Pages

  @inline(__always)
  private static func classIndex(_ size: Int) -> Int { (max(size, SlabPage.smallestBlock) &+ step &- 1) / step }

  @inline(never)
  private mutating func addPage(to index: Int) -> SlabPage {
    if emptyPages == nil { addRegion() }
    guard let page = emptyPages else { preconditionFailure("a region has pages") }
    emptyPages = page.next
    page.prepare(blockSize: index * Slab.step)
    classes[index].freeBlocks += page.blockCount
    idleBytes += page.blockCount * page.blockSize
    link(page, to: index)
    return page
  }

  /// Takes memory from the system: as much again as there is, from one page to one huge page.
  private mutating func addRegion() {
    var size = SlabPage.size
    while size < LargeMemory.hugePage, size < reservedBytes { size *= 2 }
    let region = LargeMemory.allocate(byteCount: size, alignment: SlabPage.size)
    regions.append(region)
    reservedBytes += size
    for offset in stride(from: size - SlabPage.size, through: 0, by: -SlabPage.size) {
      let page = SlabPage(at: region + offset)
      page.clear()
      page.next = emptyPages
      emptyPages = page
    }
  }

  private mutating func link(_ page: SlabPage, to index: Int) {
    page.previous = nil
    page.next = classes[index].pages
    classes[index].pages?.previous = page
    classes[index].pages = page
  }

  private mutating func unlink(_ page: SlabPage, from index: Int) {
    if let previous = page.previous {
      previous.next = page.next
    } else {
      classes[index].pages = page.next
    }
    page.next?.previous = page.previous
    page.previous = nil
    page.next = nil
  }
}
