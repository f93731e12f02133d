// SPDX-License-Identifier: Apache-2.0

/// One line on a person's standard error that counts up, for work that takes more than two seconds.
final class ProgressLine {
  private static let patience = Duration.seconds(2)
  private static let interval = Duration.milliseconds(250)

  private let what: String
  private let isShown: Bool
  private let clock = ContinuousClock()
  private var next: ContinuousClock.Instant
  private var hasWritten = false
  private var count = 0

  /// A line that will say how many of `what` there were.
  init(_ what: String, isShown: Bool = Terminal.isErrorInteractive) {
    self.what = what
    self.isShown = isShown
    next = clock.now + Self.patience
  }

  /// Counts one more.
  func advance() {
    count += 1
    guard isShown, count.isMultiple(of: 64), clock.now >= next else { return }
    next = clock.now + Self.interval
    hasWritten = true
    Terminal.writeErrorText("\r\(count) \(what) …")
  }

  /// Removes the line.
  func end() {
    if hasWritten { Terminal.writeErrorText("\r\u{1B}[K") }
  }
}
