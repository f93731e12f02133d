// SPDX-License-Identifier: Apache-2.0

public import CoreMetrics
import Synchronization

/// What libraries and agents count through swift-metrics.
///
/// a. Names become Prometheus' names: what it does not take is an underscore, counters end in `_total`, timers are
///    histograms in seconds.
/// b. There is room for a bounded number of series. What comes beyond is counted nowhere but in
///    `dropped`: a library that makes a label of each user fills neither the memory nor Prometheus.
/// c. A label of the same name with another type, or with other labels, is dropped likewise.
public final class LibraryMetrics: MetricsFactory, Sendable {
  struct Key: Hashable {
    var name: String
    var labels: [String]
  }

  /// One value that something is counted into.
  enum Value {
    case number(Double)
    case histogram(MetricHistogram)
  }

  private struct Family {
    var kind: MetricFamily.Kind
    var labels: [String]
    var unit: MetricFamily.Unit
    var series: [[String]: Value] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    var count = 0
    var dropped = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  /// Room for this number of series.
  public init(limit: Int = 1_000) { self.limit = limit }

  /// How many series found no room, or did not fit in with others of their name.
  public var dropped: Int { state.withLock { $0.dropped } }

  // MARK: Series

  /// Makes room for a series; nil where there is none.
  private func open(
    _ label: String,
    _ dimensions: [(String, String)],
    _ kind: MetricFamily.Kind,
    unit: MetricFamily.Unit = .none
  ) -> Key? {
    var name = MetricName.sanitized(label)
    if unit != .none, !name.hasSuffix("_\(unit.rawValue)") { name += "_\(unit.rawValue)" }
    if kind == .counter, !name.hasSuffix("_total") { name += "_total" }
    let sorted = dimensions.map { (MetricName.sanitized($0.0), $0.1) }.sorted { $0.0 < $1.0 }
    let names = sorted.map(\.0)
    let values = sorted.map(\.1)
    return state.withLock { state in
      var family = state.families[name] ?? Family(kind: kind, labels: names, unit: unit)
      guard family.kind == kind, family.labels == names, Set(names).count == names.count else {
        state.dropped += 1
        return nil
      }
      if family.series[values] == nil {
        guard state.count < limit else {
          state.dropped += 1
          return nil
        }
        state.count += 1
        family.series[values] =
          kind == .histogram ? .histogram(MetricHistogram(bounds: MetricHistogram.latencyBounds)) : .number(0)
        state.families[name] = family
      }
      return Key(name: name, labels: values)
    }
  }

  fileprivate func update(_ key: Key?, _ body: (inout Value) -> Void) {
    guard let key else { return }
    state.withLock { state in
      guard var value = state.families[key.name]?.series[key.labels] else { return }
      body(&value)
      state.families[key.name]?.series[key.labels] = value
    }
  }

  /// Writes everything whose name nobody has used yet.
  func write(to page: inout MetricPage) {
    let families = state.withLock { $0.families }
    for (name, family) in families.sorted(by: { $0.key < $1.key }) where !page.has(name) {
      let meaning = "Counted by a library through swift-metrics."
      page.write(MetricFamily(name, family.kind, labels: family.labels, unit: family.unit, meaning)) { samples in
        for (labels, value) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
          switch value {
          case .number(let number): samples.add(number, labels: labels)
          case .histogram(let histogram): samples.add(histogram, labels: labels)
          }
        }
      }
    }
  }

  // MARK: MetricsFactory

  /// A counter.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    LibrarySeries(self, open(label, dimensions, .counter))
  }

  /// A counter of fractions.
  public func makeFloatingPointCounter(
    label: String,
    dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    LibrarySeries(self, open(label, dimensions, .counter))
  }

  /// A gauge.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    LibrarySeries(self, open(label, dimensions, .gauge))
  }

  /// A histogram, or for what is not to be aggregated a gauge.
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    LibrarySeries(self, open(label, dimensions, aggregate ? .histogram : .gauge))
  }

  /// A histogram in seconds.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    LibrarySeries(self, open(label, dimensions, .histogram, unit: .seconds))
  }

  // A series stays after its metric: a counter that came back would otherwise begin anew.

  /// Keeps the series.
  public func destroyCounter(_ handler: any CounterHandler) {}
  /// Keeps the series.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  /// Keeps the series.
  public func destroyMeter(_ handler: any MeterHandler) {}
  /// Keeps the series.
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  /// Keeps the series.
  public func destroyTimer(_ handler: any TimerHandler) {}
}

/// The end of one series that a library holds; every kind of metric, as each is a few lines.
private final class LibrarySeries: CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler,
  TimerHandler, Sendable
{
  private let metrics: LibraryMetrics
  private let key: LibraryMetrics.Key?

  init(_ metrics: LibraryMetrics, _ key: LibraryMetrics.Key?) {
    self.metrics = metrics
    self.key = key
  }

  private func update(_ value: Double, _ combine: (Double, Double) -> Double) {
    metrics.update(key) { current in
      switch current {
      case .number(let number): current = .number(combine(number, value))
      case .histogram(var histogram):
        histogram.observe(value)
        current = .histogram(histogram)
      }
    }
  }

  func increment(by amount: Int64) { update(Double(amount), +) }
  func increment(by amount: Double) { update(amount, +) }
  func decrement(by amount: Double) { update(amount, -) }
  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { update(value) { _, new in new } }
  func record(_ value: Int64) { set(Double(value)) }
  func record(_ value: Double) { set(value) }
  func recordNanoseconds(_ duration: Int64) { set(Double(duration) / 1e9) }

  /// A counter's start from zero; Prometheus takes that for a restart.
  func reset() { metrics.update(key) { if case .number = $0 { $0 = .number(0) } } }
}
