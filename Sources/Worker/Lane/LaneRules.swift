// SPDX-License-Identifier: Apache-2.0

/// What a lane does differently when the configuration changes while it runs: one immutable version, which lanes take
/// over between transactions.
final class LaneRules: Sendable {
  let enricher: EnricherSettings
  let commitInterval: Duration
  let maximumTransactionRecords: Int

  init(enricher: EnricherSettings, commitInterval: Duration, maximumTransactionRecords: Int) {
    self.enricher = enricher
    self.commitInterval = commitInterval
    self.maximumTransactionRecords = maximumTransactionRecords
  }
}
