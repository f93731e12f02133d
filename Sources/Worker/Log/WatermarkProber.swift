// SPDX-License-Identifier: Apache-2.0

import Foundation
import Kafka
import PresenceModel

/// Asks for high watermarks on a thread of its own, with a handle that sees open transactions.
///
/// One question is worked on at a time; the answers wait until the lane takes them. A broker that is away costs this
/// thread its time-outs, and the lane nothing.
///
/// Sendable because everything that both threads touch is under the condition's lock.
final class WatermarkProber: @unchecked Sendable {
  struct Question {
    var partitions: [LogPartition]
    var atTime: Timestamp?
    var token: UInt64
  }

  private let settings: KafkaLogSettings
  private let condition = NSCondition()
  private var questions: [Question] = []
  private var answers: [LogBoundsAnswer] = []
  private var isStopping = false
  private var hasEnded = false
  private var answeredAt: Int64

  init(_ settings: KafkaLogSettings) {
    self.settings = settings
    answeredAt = SystemLaneClock().monotonic
    let thread = Thread { [self] in run() }
    thread.name = "watermarks-\(settings.lane)"
    thread.start()
  }

  /// When the log last answered (monotonic milliseconds).
  var lastAnswerAt: Int64 { condition.withLock { answeredAt } }

  func request(_ question: Question) {
    condition.withLock {
      questions.append(question)
      condition.signal()
    }
  }

  func takeAnswer() -> LogBoundsAnswer? {
    condition.withLock { answers.isEmpty ? nil : answers.removeFirst() }
  }

  /// Lets the thread end; does not wait for it.
  func stop() {
    condition.withLock {
      isStopping = true
      condition.broadcast()
    }
  }

  /// Waits until the thread has closed its client; a call to a broker that is away is not waited for.
  func waitUntilEnded(atMost limit: Duration) {
    let end = Date(timeIntervalSinceNow: Double(limit.milliseconds) / 1_000)
    condition.withLock {
      while !hasEnded, condition.wait(until: end) {}
    }
  }

  private func nextQuestion() -> Question? {
    condition.withLock {
      while questions.isEmpty, !isStopping { condition.wait() }
      return isStopping ? nil : questions.removeFirst()
    }
  }

  private func run() {
    defer {
      condition.withLock {
        hasEnded = true
        condition.broadcast()
      }
    }
    var consumer: KafkaConsumer?
    while let question = nextQuestion() {
      var bounds: [LogBounds]?
      do throws(KafkaError) {
        let reader: KafkaConsumer
        if let consumer {
          reader = consumer
        } else {
          reader = try KafkaConsumer(
            settings.readerConfiguration,
            role: .reader(group: settings.groupName + "-watermarks", isolation: .readUncommitted),
            clientID: settings.clientID + "-watermarks",
            observer: settings.observer
          )
          consumer = reader
        }
        bounds = try answer(question, reader)
      } catch {
        settings.observer.error(error)
      }
      condition.withLock {
        if bounds != nil { answeredAt = SystemLaneClock().monotonic }
        answers.append(LogBoundsAnswer(token: question.token, bounds: bounds))
      }
    }
    do throws(KafkaError) {
      try consumer?.close()
    } catch {
      settings.observer.error(error)
    }
  }

  private func answer(_ question: Question, _ reader: KafkaConsumer) throws(KafkaError) -> [LogBounds] {
    func name(_ partition: LogPartition) -> KafkaTopicPartition {
      KafkaTopicPartition(settings.name(of: partition.topic), partition.partition)
    }
    let ends = byPartition(try reader.ends(of: question.partitions.map(name), timeout: .seconds(2)))
    var bounds: [LogBounds] = []
    for partition in question.partitions {
      guard let high = ends[name(partition)]?.exact else {
        throw KafkaError(code: .noOffset, operation: .offsets, recovery: .retry, detail: "no end of \(partition)")
      }
      bounds.append(LogBounds(partition: partition, high: high))
    }
    guard let time = question.atTime else { return bounds }
    let outcomes = question.partitions.filter { $0.topic == .contactOutcomes }
    do throws(KafkaError) {
      let found = byPartition(
        try reader.offsets(of: outcomes.map(name), at: time.milliseconds, timeout: .seconds(2))
      )
      for index in bounds.indices where bounds[index].partition.topic == .contactOutcomes {
        guard let first = found[name(bounds[index].partition)] else { continue }
        bounds[index].atTime = first.exact ?? (first == .end ? bounds[index].high : nil)
      }
    } catch {
      // A broker that cannot tell, such as the embedded one: the topics are read from their beginning.
    }
    return bounds
  }

  private func byPartition(_ positions: [KafkaPosition]) -> [KafkaTopicPartition: KafkaOffset] {
    Dictionary(positions.map { ($0.topicPartition, $0.offset) }, uniquingKeysWith: { _, last in last })
  }
}
