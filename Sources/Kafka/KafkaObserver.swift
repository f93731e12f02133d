// SPDX-License-Identifier: Apache-2.0

/// Where a client's log lines, background errors and statistics go.
///
/// `log` is called on librdkafka's own threads, at any time until the client is closed, and must return at once.
/// `error` and `statistics` are called on the thread that polls the client.
public struct KafkaObserver: Sendable {
  /// Receives each log line; by default they are dropped.
  public var log: @Sendable (KafkaLogMessage) -> Void

  /// Receives errors that belong to no call, such as "all brokers are down"; the client goes on by itself unless the
  /// recovery says otherwise.
  public var error: @Sendable (KafkaError) -> Void

  /// Receives the vital signs every `statistics.interval.ms`; without that property never.
  public var statistics: @Sendable (KafkaStatistics) -> Void

  /// Makes an observer of what is of interest.
  public init(
    log: @escaping @Sendable (KafkaLogMessage) -> Void = { _ in },
    error: @escaping @Sendable (KafkaError) -> Void = { _ in },
    statistics: @escaping @Sendable (KafkaStatistics) -> Void = { _ in }
  ) {
    self.log = log
    self.error = error
    self.statistics = statistics
  }
}

/// A line of librdkafka's log.
public struct KafkaLogMessage: Sendable, Equatable {
  /// The severity as syslog counts it: 0 emergency to 7 debug; 3 is an error, 4 a warning.
  public var level: Int

  /// librdkafka's short name for what it is about, such as `FAIL` or `REBALANCE`.
  public var facility: String

  /// The text; it may name topics, groups and broker addresses.
  public var message: String

  /// Makes a line.
  public init(level: Int, facility: String, message: String) {
    self.level = level
    self.facility = facility
    self.message = message
  }
}
