// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the chain of agents costs, and what it holds back.
///
///     chain-benchmark chain RATE SECONDS      look-ups through a chain, whose agent takes 50 ms
///     chain-benchmark isolation RATE SECONDS  the same beside agents that hang and fail
///     chain-benchmark interest USERS          memory of users who are kept refreshed
///     chain-benchmark resolve BOOTSTRAP COUNT RATE   a resolver on a broker, its CPU a look-up
///
/// Each writes one JSON object.
@main
struct ChainBenchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst().map { $0 }
    let numbers = arguments.compactMap(Int.init)
    switch (arguments.first, numbers.count) {
    case ("chain", 2): try await ChainRun(rate: numbers[0], seconds: numbers[1]).run()
    case ("isolation", 2): try await IsolationRun(rate: numbers[0], seconds: numbers[1]).run()
    case ("interest", 1): InterestRun(users: numbers[0]).run()
    case ("resolve", 2):
      try await ResolverRun(bootstrapServers: arguments[1], count: numbers[0], rate: numbers[1]).run()
    default:
      FileHandle.standardError.write(Data("usage: see Benchmarks/Chain/ChainBenchmark.swift\n".utf8))
      exit(64)
    }
  }
}

/// What the benchmarks measure with.
enum Meter {
  /// The CPU seconds of this process, all threads.
  static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// The value below which this share of the sorted values lies.
  static func percentile(_ sorted: [Double], _ share: Double) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }

  static func report(_ figures: [(String, Any)]) {
    let fields = figures.map { name, value in
      switch value {
      case let text as String: "\"\(name)\":\"\(text)\""
      case let number as Double: "\"\(name)\":\((number * 100).rounded() / 100)"
      default: "\"\(name)\":\(value)"
      }
    }
    print("{\(fields.joined(separator: ","))}")
  }
}
