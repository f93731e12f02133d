// SPDX-License-Identifier: Apache-2.0

import CoreMetrics
import Testing

@testable import Operations

@Suite("Metrics: pages")
struct MetricPageTests {
  private static let events = MetricFamily("app_events_total", .counter, labels: ["kind", "outcome"], "Events.")
  private static let delay = MetricFamily(
    "app_delay_seconds",
    .histogram,
    labels: ["lane"],
    unit: .seconds,
    "A \"delay\"."
  )

  private func page(_ format: MetricFormat) -> String {
    var page = MetricPage(format)
    page.write(Self.events) { samples in
      samples.add(3, "push", "applied")
      samples.add(1, "a\"b\\c\nd", "ü")
    }
    var histogram = MetricHistogram(bounds: [0.1, 1])
    for value in [0.05, 0.1, 0.5, 7] { histogram.observe(value) }
    page.write(Self.delay) { $0.add(histogram, "0") }
    page.write(MetricFamily("app_nothing", .gauge, "Nothing.")) { _ in }
    return page.text
  }

  @Test("a page in the text format has help, type, escaped labels, and buckets that add up")
  func text() {
    #expect(
      page(.prometheus) == #"""
        # HELP app_events_total Events.
        # TYPE app_events_total counter
        app_events_total{kind="push",outcome="applied"} 3
        app_events_total{kind="a\"b\\c\nd",outcome="ü"} 1
        # HELP app_delay_seconds A "delay".
        # TYPE app_delay_seconds histogram
        app_delay_seconds_bucket{lane="0",le="0.1"} 2
        app_delay_seconds_bucket{lane="0",le="1.0"} 3
        app_delay_seconds_bucket{lane="0",le="+Inf"} 4
        app_delay_seconds_sum{lane="0"} 7.65
        app_delay_seconds_count{lane="0"} 4

        """#
    )
  }

  @Test("OpenMetrics names the family without the counter's suffix, tells units, and has an end")
  func openMetrics() {
    let lines = page(.openMetrics).split(separator: "\n").map(String.init)
    #expect(
      lines.prefix(3) == [
        "# HELP app_events Events.", "# TYPE app_events counter", #"app_events_total{kind="push",outcome="applied"} 3"#,
      ]
    )
    #expect(lines.contains(#"# HELP app_delay_seconds A \"delay\"."#))
    #expect(lines.contains("# UNIT app_delay_seconds seconds"))
    #expect(lines.last == "# EOF")
  }

  @Test("a scraper gets OpenMetrics only where it asks for that")
  func negotiation() {
    #expect(MetricFormat.preferred(accept: nil) == .prometheus)
    #expect(MetricFormat.preferred(accept: "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == .prometheus)
    #expect(
      MetricFormat.preferred(accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5") == .openMetrics
    )
    #expect(MetricFormat.prometheus.contentType == "text/plain; version=0.0.4; charset=utf-8")
  }

  @Test("numbers that are none are written as Prometheus reads them")
  func numbers() {
    #expect(MetricPage.Samples.text(of: .infinity) == "+Inf")
    #expect(MetricPage.Samples.text(of: -.infinity) == "-Inf")
    #expect(MetricPage.Samples.text(of: .nan) == "NaN")
  }

  @Test("a process knows its memory, its descriptors and its start, whatever its name")
  func process() throws {
    var page = MetricPage(.prometheus)
    ProcessMetrics.write(to: &page)
    for family in ProcessMetrics.families { #expect(page.text.contains("\n\(family.name) "), "\(family.name)") }
    let line = "42 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 7 18 500 4096000 100 0"
    let status = try #require(ProcessStatus(line, bootTime: 1_000, ticks: 100, page: 4_096))
    #expect(status.threads == 7)
    #expect(status.startSeconds == 1_005)
    #expect(status.virtualBytes == 4_096_000)
    #expect(status.residentBytes == 409_600)
    #expect(ProcessStatus("nonsense", bootTime: 0, ticks: 1, page: 1) == nil)
  }
}

@Suite("Metrics: libraries")
struct LibraryMetricsTests {
  @Test("what is counted through swift-metrics stands on the page, by Prometheus' names")
  func kinds() {
    let registry = MetricRegistry()
    let factory = registry.libraries
    Counter(label: "pool.connections", dimensions: [("host", "a")], factory: factory).increment(by: 2)
    FloatingPointCounter(label: "cost", factory: factory).increment(by: 0.5)
    let meter = Meter(label: "pool.size", factory: factory)
    meter.set(5)
    meter.decrement(by: 2.0)
    Gauge(label: "level", factory: factory).record(7)
    Timer(label: "call-time", factory: factory).recordNanoseconds(3_000_000)
    let page = registry.page(.prometheus)
    for line in [
      #"pool_connections_total{host="a"} 2.0"#, "cost_total 0.5", "pool_size 3.0", "level 7.0",
      "# TYPE call_time_seconds histogram", #"call_time_seconds_bucket{le="0.002"} 0"#,
      #"call_time_seconds_bucket{le="0.005"} 1"#, "call_time_seconds_sum 0.003",
    ] { #expect(page.contains(line + "\n"), "\(line)") }
  }

  @Test("two ends of one series count together")
  func together() {
    let registry = MetricRegistry()
    for _ in 0..<2 { Counter(label: "calls", factory: registry.libraries).increment() }
    #expect(registry.page(.prometheus).contains("calls_total 2.0\n"))
  }

  @Test("beyond the limit, and where labels or types differ, nothing is kept but the number of what was dropped")
  func limit() {
    let registry = MetricRegistry(libraries: LibraryMetrics(limit: 2))
    let factory = registry.libraries
    for user in ["a", "b", "c"] { Counter(label: "calls", dimensions: [("user", user)], factory: factory).increment() }
    Counter(label: "calls", factory: factory).increment()
    Timer(label: "calls_total", factory: factory).recordNanoseconds(1)
    #expect(factory.dropped == 3)
    let page = registry.page(.prometheus)
    #expect(page.contains(#"user="b""#))
    #expect(!page.contains(#"user="c""#))
  }

  @Test("a library cannot take the name of a metric of the process")
  func names() {
    let registry = MetricRegistry()
    registry.add { page in page.write(MetricFamily("calls_total", .counter, "Calls.")) { $0.add(1) } }
    Counter(label: "calls", factory: registry.libraries).increment(by: 9)
    #expect(
      registry.page(.prometheus).split(separator: "\n").filter { $0.hasPrefix("calls_total") } == ["calls_total 1"]
    )
  }
}
