// SPDX-License-Identifier: Apache-2.0

/// How an agent remembers which user of its network an address is.
struct DirectoryCacheSettings: Hashable, Sendable {
  /// Key `entries`: for how many addresses; 0 to 10,000,000, default 100,000.
  var entries: Int
  /// Key `keepFor`: how long; 1 s to 7 d, default 24 h.
  var keepFor: Duration
  /// Key `keepMissingFor`: how long it remembers that nobody has an address; 1 s to 24 h, default 10 min.
  var keepMissingFor: Duration

  /// How long it is remembered that an address has a user, or has none.
  func validFor(isKnown: Bool) -> Duration { isKnown ? keepFor : keepMissingFor }
}

extension ConfigurationReader {
  /// How the agent remembers users.
  func directoryCache(_ key: String) -> DirectoryCacheSettings {
    let section = section(key)
    defer { section.finish() }
    return DirectoryCacheSettings(
      entries: section.integer("entries", default: 100_000, in: 0...10_000_000),
      keepFor: section.duration("keepFor", default: .seconds(86_400), in: .seconds(1) ... .seconds(604_800)),
      keepMissingFor: section.duration("keepMissingFor", default: .seconds(600), in: .seconds(1) ... .seconds(86_400))
    )
  }
}
