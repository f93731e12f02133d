// SPDX-License-Identifier: Apache-2.0

/// Draws frames on a terminal, each over the last one, without flicker.
///
/// The frames go to the terminal's second screen, so that what stood there before comes back at the end. `close()`
/// belongs on every way out.
struct BoardScreen: ~Copyable {
  private var isOpen = false
  private let write: (String) -> Bool

  /// A screen that writes to standard output, or where a test wants it.
  init(write: @escaping (String) -> Bool = { Terminal.write($0) }) { self.write = write }

  /// Draws a frame; false where nobody sees it any more.
  mutating func draw(_ lines: [String]) -> Bool {
    var text = ""
    if !isOpen {
      isOpen = true
      text += "\u{1B}[?1049h\u{1B}[?25l"
    }
    // One write: from the top, each line cleared behind its end, and what is left below cleared too.
    text += "\u{1B}[H" + lines.map { $0 + "\u{1B}[K" }.joined(separator: "\n") + "\u{1B}[J"
    return write(text)
  }

  /// Gives the terminal back as it was, and leaves the last frame on it where there is one.
  mutating func close(leaving lines: [String] = []) {
    guard isOpen else { return }
    isOpen = false
    _ = write("\u{1B}[?25h\u{1B}[?1049l" + lines.map { $0 + "\n" }.joined())
  }
}
