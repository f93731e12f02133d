// SPDX-License-Identifier: Apache-2.0

/// What happened in a run, line by line, for the reader of a failure.
///
/// Recording is off in a search over seeds: the lines are then never made.
public final class SimulationTrace {
  /// Whether lines are kept.
  public let isRecording: Bool
  /// The lines so far.
  public private(set) var lines: [String] = []

  /// An empty trace.
  public init(isRecording: Bool) { self.isRecording = isRecording }

  /// Keeps a line with its time.
  public func note(_ now: Int64, _ line: @autoclosure () -> String) {
    guard isRecording else { return }
    lines.append("\(now) ms  \(line())")
  }
}
