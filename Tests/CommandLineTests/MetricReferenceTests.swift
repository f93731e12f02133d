// SPDX-License-Identifier: Apache-2.0

import Operations
import Testing
import Worker

@testable import presence_worker

@Suite("Metrics: reference")
struct MetricReferenceTests {
  @Test("docs/METRICS.md is what the declared metrics generate")
  func pageIsUpToDate() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let page = try TextFile.read("\(root)/docs/METRICS.md")
    #expect(page == MetricReference.markdown(), "run `presence-worker config metrics > docs/METRICS.md`")
  }

  @Test("every declared metric is in the list once, has a sentence, and is the worker's or the process's")
  func declarations() {
    #expect(Set(WorkerMetric.all.map(\.name)).count == WorkerMetric.all.count)
    for family in WorkerMetric.all {
      #expect(family.meaning.hasSuffix("."), "\(family.name)")
      #expect(family.name.hasPrefix("presence_worker_") || family.name.hasPrefix("process_"), "\(family.name)")
    }
  }

  @Test("no label can hold what an event says: they are names of kinds, places and configured things")
  func labels() {
    let allowed: Set = [
      "agent", "broker", "channel", "client", "code", "direction", "event", "kind", "lane", "librdkafka", "outcome",
      "owner", "partition", "phase", "quality", "reason", "result", "role", "state", "topic", "version", "way",
    ]
    for family in WorkerMetric.all { #expect(allowed.isSuperset(of: family.labels), "\(family.name)") }
  }
}
