// SPDX-License-Identifier: Apache-2.0

/// Why a run failed.
public struct SimulationFailure: Error, CustomStringConvertible {
  /// What is wrong, for the reader of a test's output.
  public var description: String

  /// A failure for this reason.
  public init(_ description: String) { self.description = description }
}
