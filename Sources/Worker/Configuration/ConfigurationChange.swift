// SPDX-License-Identifier: Apache-2.0

/// What another configuration means for a worker that runs: some keys are taken over, others take a restart.
public struct ConfigurationChange: Sendable {
  /// What the worker goes by from now on: the new values of the keys that can change, the old ones of the others.
  public let configuration: WorkerConfiguration
  /// The keys whose new values are taken over.
  public let applied: [String]
  /// The keys whose new values take a restart; they stay as they were.
  public let deferred: [String]

  /// Compares what a worker goes by with what it is told now.
  ///
  /// - Throws: where the values that would be taken over do not fit together with those that stay.
  public init(
    from running: WorkerConfiguration,
    to wanted: WorkerConfiguration
  ) throws(ConfigurationError) {
    var merged = running
    var applied: [String] = []
    var deferred: [String] = []
    for key in ConfigurationKey.all where !key.isSame(running, wanted) {
      if key.isLive {
        key.copy(wanted, &merged)
        applied.append(key.name)
      } else {
        deferred.append(key.name)
      }
    }
    let problems = merged.problems()
    guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    configuration = merged
    self.applied = applied
    self.deferred = deferred
  }
}
