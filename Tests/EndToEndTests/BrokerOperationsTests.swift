// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What metrics and health say on a real broker: the in-process one has no transactions and fences nobody.
@Suite(
  .serialized,
  .enabled(if: RealBroker.missing == nil, Comment(rawValue: RealBroker.missing ?? "")),
  .timeLimit(.minutes(20))
)
struct BrokerOperationsTests {
  private let broker = RealBroker()

  @Test("Lag is 0 in an idle topic that is written in transactions, and counts what an open transaction holds back")
  func lag() async throws {
    try await broker.createTopics()
    let worker = try broker.start(["enricher.coalesce=false", "enricher.commitInterval=50ms"])
    let page = try await MetricScrape(of: worker)
    try await worker.log("State restored")
    let topic = "presence.changes"
    let gateway = try ChildProcess(
      Python.command("transactional_writer.py", [broker.bootstrapServers, broker.prefix + topic])
    )
    /// Takes a step, and returns the high watermarks behind it; the markers of a commit come a little later.
    func step(_ line: String) async throws -> [String: Double] {
      try gateway.send(line)
      return try JSONDecoder().decode([String: Double].self, from: Data(try await gateway.line().utf8))
    }
    for (write, end, applied) in [
      ("write 100", "commit", 100.0), ("write 40", "abort", 100), ("write 20", "commit", 120),
    ] {
      let before = try await page.positions(of: topic)
      let written = try await step(write)
      // While the transaction is open nobody reads on, and what it wrote is behind the position.
      try await page.expect("an open transaction's records to count as lag after \(write)") { samples in
        samples.byPartition("presence_worker_position", topic) == before
          && samples.byPartition("presence_worker_lag_records", topic)
            == written.merging(before) { end, position in end - position }
      }
      _ = try await step(end)
      // The marker that ends it is no record, and the position is behind it.
      let ended = written.merging(before) { end, position in end == position ? end : end + 1 }
      try await page.expect("no lag after \(end)") { samples in
        samples.byPartition("presence_worker_position", topic) == ended
          && samples.sum("presence_worker_lag_records") == 0
          && samples.sum("presence_worker_events_total", #"kind="push",outcome="applied""#) == applied
      }
    }
    #expect(try await gateway.stop() == .status(0))
    try await broker.stop([worker])
  }

  @Test("Two workers of one name fence each other; three times in a minute, and they are not ready and say why")
  func sharedName() async throws {
    try await broker.createTopics()
    let twins = [try broker.start(["instance.name=twin"]), try broker.start(["instance.name=twin"])]
    var pages: [MetricScrape] = []
    for twin in twins { pages.append(try await MetricScrape(of: twin)) }
    var told: String?
    for round in 0..<300 where told == nil {
      try await broker.run(["send", "change", "user\(round % 7)", round % 2 == 0 ? "busy" : "away"])
      for page in pages {
        let ready = try await HTTPAnswer.get(page.url + "/health/ready")
        guard ready.body.contains("two workers share the id twin-0") else { continue }
        #expect(ready.status == 503)
        #expect(try await page.samples().sum("presence_worker_fencings_total") >= 3)
        #expect(try await page.samples().sum("presence_worker_live") == 1)
        told = ready.body
      }
    }
    #expect(told != nil, "no worker says that its name is shared")
    try await broker.stop(twins)
    let complaints = twins.flatMap(\.complaints).filter {
      $0.message == "Two workers share a name and take each other's partitions"
    }
    #expect(complaints.first?.metadata["name"] == "twin-0")
  }
}
