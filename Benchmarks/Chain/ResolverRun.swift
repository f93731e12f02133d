// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import Kafka
import Logging
import PresenceModel
import ServiceLifecycle
import Worker

/// A resolver on a broker of its own process: look-ups at a steady rate, and the CPU that each costs.
///
/// The feeder runs in this process, too, and the agent's call stands for the HTTP client: what each of them takes is
/// measured first, alone, and taken off.
struct ResolverRun {
  var bootstrapServers: String
  var count: Int
  var rate: Int

  /// The resolver has not come up within 20 s.
  struct NotReady: Error { var fault: String }

  func run() async throws {
    var configuration = WorkerConfiguration()
    configuration.kafka.bootstrapServers = bootstrapServers.split(separator: ",").map(String.init)
    configuration.roles = [.resolve]
    let producer = try KafkaProducer(
      KafkaConfiguration(bootstrapServers: bootstrapServers),
      clientID: "feeder",
      transactionalID: nil
    )
    let topic = try producer.topic("presence.lookups")
    let partitions = try producer.partitionCount(of: topic, timeout: .seconds(10))
    var logger = Logger(label: "bench")
    logger.logLevel = .warning

    let chain = try PresenceChain([SlowAgent("a")], logger: logger)
    let hash = chain.directory.hash
    func feed(_ count: Int) async throws -> Double {
      let cpu = Meter.cpuSeconds()
      let began = ContinuousClock.now
      var sent = 0
      while sent < count {
        let due = min(count, Int((ContinuousClock.now - began) / .seconds(1) * Double(rate)))
        while sent < due {
          let user = "user\(sent % 100_000)"
          let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
          let value = Array(
            """
            {"lookupId":"presence.changes/3/\(sent)/0","user":"\(user)","imAddress":"\(user)@a.example",\
            "reason":"interest","notOlderThan":"\(now)","deadline":"\(now.adding(milliseconds: 10_000))",\
            "agents":"\(hash)"}
            """.utf8
          )
          let key = Array(user.utf8)
          try key.withUnsafeBytes { key in
            try value.withUnsafeBytes { value in
              try producer.produce(
                topic,
                partition: JavaPartitioner.partition(ofKey: key, count: Int32(partitions)),
                key: key,
                value: value,
                token: 0
              )
            }
          }
          sent += 1
        }
        try producer.poll()
        try await Task.sleep(for: .milliseconds(1))
      }
      try producer.flush(timeout: .seconds(30))
      return Meter.cpuSeconds() - cpu
    }
    let calling =
      try await Load.cpuSecondsOfCallsAlone(rate: rate, seconds: max(1, count / rate))
      / Double(max(1, count / rate) * rate) * Double(count)
    let sample = min(count, 20_000)  // the broker inside a process keeps no more than some megabytes
    let feeding = try await feed(sample) / Double(sample) * Double(count)

    let runtime = WorkerRuntime(
      configuration,
      directory: chain.directory,
      roster: AgentRoster(chain: chain),
      logger: logger
    )
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: runtime.services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) },
        logger: logger
      )
    )
    let life = Task { try await group.run() }
    let patience = ContinuousClock.now.advanced(by: .seconds(20))
    while runtime.board.resolver?.isReady != true {
      guard ContinuousClock.now < patience else {
        throw NotReady(fault: runtime.board.resolver?.fault ?? "no partition was assigned")
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    // What was fed for nobody to read comes first.
    while (runtime.board.resolver?.lookups ?? 0) < sample || runtime.board.resolver?.underWay != 0 {
      try await Task.sleep(for: .milliseconds(20))
    }
    let first = runtime.board.resolver ?? ResolverStatus()
    let cpu = Meter.cpuSeconds()
    let began = ContinuousClock.now
    _ = try await feed(count)
    while (runtime.board.resolver?.answered ?? 0) - first.answered < count * 99 / 100,
      ContinuousClock.now - began < .seconds(count / rate + 20)
    { try await Task.sleep(for: .milliseconds(50)) }
    let spent = Meter.cpuSeconds() - cpu
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    let status = runtime.board.resolver ?? ResolverStatus()
    let answers = status.answered - first.answered
    await group.triggerGracefulShutdown()
    try await life.value
    producer.close()
    Meter.report([
      ("benchmark", "resolver"), ("wantedPerSecond", rate), ("perSecond", Double(answers) / seconds),
      ("answered", answers), ("failed", status.failed - first.failed), ("late", status.late - first.late),
      ("overloaded", status.overloaded - first.overloaded),
      ("feederMicrosecondsPerLookup", feeding * 1e6 / Double(count)),
      ("callAloneMicrosecondsPerLookup", calling * 1e6 / Double(count)),
      ("cpuMicrosecondsPerLookup", (spent - feeding - calling) * 1e6 / Double(count)),
    ])
  }
}
