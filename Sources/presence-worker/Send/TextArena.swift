// SPDX-License-Identifier: Apache-2.0

import PresenceModel

/// Keeps the bytes of texts in place, so that events, which borrow theirs, can be made of options.
final class TextArena {
  private var blocks: [UnsafeMutableBufferPointer<UInt8>] = []

  deinit {
    for block in blocks { block.deallocate() }
  }

  /// The bytes of a text, valid as long as the arena; none for nil.
  func view(_ text: String?) -> ByteView {
    guard let text, !text.isEmpty else { return .empty }
    let block = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
    _ = block.initialize(fromContentsOf: text.utf8)
    blocks.append(block)
    return ByteView(UnsafeRawBufferPointer(block))
  }
}
