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
/// The feeder runs in this process, too; what it takes is measured first, with nobody to read, and taken off.
struct ResolverRun {
  var bootstrapServers: String
  var count: Int
  var rate: Int

  func run() async throws {
    var configuration = WorkerConfiguration()
    configuration.kafka.bootstrapServers = bootstrapServers.split(separator: ",").map(String.init)
    configuration.roles = [.resolve]
    configuration.kafka.consumer.set("auto.offset.reset", to: "latest")
    let producer = try KafkaProducer(
      KafkaConfiguration(bootstrapServers: bootstrapServers),
      clientID: "feeder",
      transactionalID: nil
    )
    let topic = try producer.topic("presence.lookups")
    let partitions = try producer.partitionCount(of: topic, timeout: .seconds(10))
    var logger = Logger(label: "bench")
    logger.logLevel = .error

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
    let feeding = try await feed(count)

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
    while runtime.board.resolver?.isReady != true { try await Task.sleep(for: .milliseconds(20)) }
    try await Task.sleep(for: .seconds(1))  // positions are asked for behind the assignment
    let before = runtime.board.resolver?.lookups ?? 0
    let cpu = Meter.cpuSeconds()
    let began = ContinuousClock.now
    _ = try await feed(count)
    while (runtime.board.resolver?.answered ?? 0) - before < count * 99 / 100,
      ContinuousClock.now - began < .seconds(120)
    { try await Task.sleep(for: .milliseconds(50)) }
    let spent = Meter.cpuSeconds() - cpu
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    let status = runtime.board.resolver ?? ResolverStatus()
    let answers = status.results.filter { $0.key.code == "answered" }.values.reduce(0) { $0 + $1.count }
    await group.triggerGracefulShutdown()
    try await life.value
    producer.close()
    Meter.report([
      ("benchmark", "resolver"), ("wantedPerSecond", rate), ("perSecond", Double(answers) / seconds),
      ("answered", answers), ("failed", status.failed), ("late", status.late), ("overloaded", status.overloaded),
      ("feederMicrosecondsPerLookup", feeding * 1e6 / Double(count)),
      ("cpuMicrosecondsPerLookup", (spent - feeding) * 1e6 / Double(count)),
    ])
  }
}
