// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Memory for the store's big arrays, in huge pages where the system has them.
///
/// The users of a partition are touched at random. In pages of 4 KiB nearly each touch misses the processor's table of
/// pages as well as its cache, and looking a page up costs more than the data; in pages of 2 MiB it does not.
enum LargeMemory {
  /// The size of a huge page.
  static let hugePage = 2 << 20

  /// Uninitialised memory, aligned to `alignment` or, from the size of a huge page on, to that. Freed by `deallocate`.
  static func allocate(byteCount: Int, alignment: Int = 64) -> UnsafeMutableRawPointer {
    guard byteCount >= hugePage else { return .allocate(byteCount: byteCount, alignment: alignment) }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: hugePage)
    #if os(Linux)
      // Advice only: where it is not taken (no huge pages configured) everything works, a little slower.
      _ = madvise(memory, byteCount / hugePage * hugePage, Int32(MADV_HUGEPAGE))
    #endif
    return memory
  }
}
