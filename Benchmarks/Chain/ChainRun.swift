// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import PresenceModel
import Synchronization

/// Look-ups at a steady rate through a chain, whether or not earlier ones are answered.
struct ChainRun {
  var rate: Int
  var seconds: Int

  func run() async throws {
    let alone = await Self.ownLatencies()
    let bare = try await Load.cpuSecondsOfCallsAlone(rate: rate, seconds: seconds)
    let load = try await Load.measure([SlowAgent("a")], rate: rate, seconds: seconds) { "u\($0 % 100_000)@a.example" }
    let sorted = load.milliseconds["a"] ?? []
    let p99 = Meter.percentile(sorted, 0.99)
    let own = Meter.percentile(alone, 0.99)
    Meter.report([
      ("benchmark", "chain"), ("wantedPerSecond", rate), ("perSecond", Double(sorted.count) / load.seconds),
      ("lookups", sorted.count), ("failed", load.failed), ("p50Milliseconds", Meter.percentile(sorted, 0.5)),
      ("p99Milliseconds", p99), ("agentAloneP99Milliseconds", own), ("p99ToAgentAlone", p99 / own),
      ("cpuMicrosecondsPerLookup", load.cpuSeconds * 1e6 / Double(max(1, sorted.count))),
      ("cpuMicrosecondsOfTheCallAlone", bare * 1e6 / Double(rate * seconds)),
    ])
  }

  /// How long the agent takes without a chain.
  private static func ownLatencies() async -> [Double] {
    let agent = SlowAgent("a")
    return await withTaskGroup(of: Double?.self) { group in
      for number in 0..<500 {
        group.addTask {
          guard let address = try? IMAddress("u\(number)@a.example") else { return nil }  // it is one
          let began = ContinuousClock.now
          guard (try? await agent.presence(of: [address], timeout: .seconds(10))) != nil else { return nil }
          return (ContinuousClock.now - began) / .milliseconds(1)
        }
      }
      var all: [Double] = []
      for await milliseconds in group { if let milliseconds { all.append(milliseconds) } }
      return all.sorted()
    }
  }
}

/// What healthy agents still do beside one that hangs and one that answers errors.
struct IsolationRun {
  var rate: Int
  var seconds: Int

  func run() async throws {
    let healthy = ["a", "b", "c"]
    func agents(_ d: SlowAgent.Manner, _ e: SlowAgent.Manner) -> [SlowAgent] {
      healthy.map { SlowAgent($0) } + [SlowAgent("d", d), SlowAgent("e", e)]
    }
    let names = healthy + ["d", "e"]
    let address: @Sendable (Int) -> String = { number in
      "u\(number % 100_000)@\(names[number % names.count]).example"
    }
    func throughput(_ load: Load) -> Double {
      Double(healthy.reduce(0) { $0 + (load.milliseconds[$1]?.count ?? 0) }) / load.seconds
    }
    let all = try await Load.measure(agents(.answers, .answers), rate: rate, seconds: seconds, address: address)
    let some = try await Load.measure(agents(.hangs, .fails), rate: rate, seconds: seconds, address: address)
    let latencies = healthy.flatMap { some.milliseconds[$0] ?? [] }.sorted()
    Meter.report([
      ("benchmark", "isolation"), ("wantedPerSecond", rate * healthy.count / names.count),
      ("allWellPerSecond", throughput(all)), ("oneHangsOneFailsPerSecond", throughput(some)),
      ("share", throughput(some) / throughput(all)), ("p99Milliseconds", Meter.percentile(latencies, 0.99)),
    ])
  }
}

/// What came of look-ups at a steady rate.
struct Load {
  var seconds: Double
  var cpuSeconds: Double
  /// Sorted latencies of answers, from when each was due, by agent.
  var milliseconds: [String: [Double]]
  var failed: Int

  private struct Taken {
    var milliseconds: [String: [Double]] = [:]
    var failed = 0
    var ended = 0
  }

  static func measure(
    _ agents: [SlowAgent],
    rate: Int,
    seconds: Int,
    address: @escaping @Sendable (Int) -> String
  ) async throws -> Load {
    let chain = try PresenceChain(agents)
    let life = Task { await chain.run() }
    let count = rate * seconds
    let addresses = try (0..<min(count, 100_000)).map { try IMAddress(address($0)) }
    let taken = Mutex(Taken())
    let collector = Collector(taken: taken)
    let cpuBefore = Meter.cpuSeconds()
    let began = ContinuousClock.now
    var sent = 0
    while sent < count {
      let due = min(count, Int((ContinuousClock.now - began) / .seconds(1) * Double(rate)))
      while sent < due {
        let moment = began.advanced(by: .seconds(Double(sent) / Double(rate)))
        let deadline = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000) + 10_000)
        chain.submit(PresenceNeed(addresses[sent % addresses.count], deadline: deadline)) { finding in
          collector.take(finding, since: moment)
        }
        sent += 1
      }
      try await Task.sleep(for: .milliseconds(1))
    }
    let elapsed = (ContinuousClock.now - began) / .seconds(1)
    try await Task.sleep(for: .milliseconds(500))  // ten times what an agent takes
    let cpu = Meter.cpuSeconds() - cpuBefore
    life.cancel()
    await life.value
    return collector.load(seconds: elapsed, cpuSeconds: cpu)
  }

  /// What as many calls at the same rate take without a chain: a task and the agent's wait for each.
  static func cpuSecondsOfCallsAlone(rate: Int, seconds: Int) async throws -> Double {
    let agent = SlowAgent("a")
    let addresses = try (0..<min(rate * seconds, 100_000)).map { try IMAddress("u\($0)@a.example") }
    let before = Meter.cpuSeconds()
    let began = ContinuousClock.now
    return await withDiscardingTaskGroup { group in
      var sent = 0
      while sent < rate * seconds {
        let due = min(rate * seconds, Int((ContinuousClock.now - began) / .seconds(1) * Double(rate)))
        while sent < due {
          let address = addresses[sent % addresses.count]
          group.addTask { _ = try? await agent.presence(of: [address], timeout: .seconds(10)) }  // it always answers
          sent += 1
        }
        try? await Task.sleep(for: .milliseconds(1))  // nobody cancels it
      }
      try? await Task.sleep(for: .milliseconds(500))  // ten times what an agent takes
      return Meter.cpuSeconds() - before
    }
  }

  /// Takes findings from any thread.
  private final class Collector: Sendable {
    private let taken: Mutex<Taken>

    init(taken: consuming Mutex<Taken>) { self.taken = taken }

    func take(_ finding: PresenceFinding, since moment: ContinuousClock.Instant) {
      let milliseconds = (ContinuousClock.now - moment) / .milliseconds(1)
      taken.withLock { taken in
        if case .answered = finding.outcome {
          taken.milliseconds[finding.agent ?? "", default: []].append(milliseconds)
        } else {
          taken.failed += 1
        }
      }
    }

    func load(seconds: Double, cpuSeconds: Double) -> Load {
      taken.withLock { taken in
        Load(
          seconds: seconds,
          cpuSeconds: cpuSeconds,
          milliseconds: taken.milliseconds.mapValues { $0.sorted() },
          failed: taken.failed
        )
      }
    }
  }
}
