// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Testing

@testable import Operations

@Suite("Log lines")
struct LoggingTests {
  private let moment = LogMoment(milliseconds: 1_795_335_330_123)

  /// What a logger writes into a pipe.
  private func lines(_ style: LogStyle, level: Logger.Level = .info, _ body: (Logger) -> Void) throws -> [String] {
    let pipe = Pipe()
    let output = LogOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    let moment = moment
    let logger = Logger(label: "lane") { label in
      LineLogHandler(label: label, style: style, level: level, output: output, clock: { moment })
    }
    body(logger)
    try pipe.fileHandleForWriting.close()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("a line for people has its time, level, message and sorted metadata")
  func human() throws {
    let lines = try lines(.human(colours: false)) { logger in
      logger.info("Assigned", metadata: ["partitions": "12", "lane": "0", "reason": "new member"])
    }
    #expect(lines == [#"08:15:30.123 INFO     Assigned lane=0 partitions=12 reason="new member""#])
  }

  @Test("a line for machines is a JSON object with numbers as numbers")
  func json() throws {
    let lines = try lines(.json) { logger in
      logger.warning(
        "Skipped",
        metadata: ["offset": .stringConvertible(42), "quote": "a \"b\"\n", "list": ["x"], "map": ["k": "v"]]
      )
    }
    let line = try #require(lines.first)
    #expect(lines.count == 1)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(object["time"] as? String == "2026-11-22T08:15:30.123Z")
    #expect(object["level"] as? String == "warning")
    #expect(object["logger"] as? String == "lane")
    #expect(object["message"] as? String == "Skipped")
    let metadata = try #require(object["metadata"] as? [String: Any])
    #expect(metadata["offset"] as? Int == 42)
    #expect(metadata["quote"] as? String == "a \"b\"\n")
    #expect(metadata["list"] as? [String] == ["x"])
    #expect(metadata["map"] as? [String: String] == ["k": "v"])
  }

  @Test("colours are written only where they were asked for")
  func colours() throws {
    #expect(try lines(.human(colours: true)) { $0.error("x") }.first?.contains("\u{1B}[31mERROR") == true)
    #expect(try lines(.human(colours: false)) { $0.error("x") }.first?.contains("\u{1B}") == false)
  }

  @Test("nothing that comes from an event moves a cursor or makes a second line")
  func controls() throws {
    let lines = try lines(.human(colours: false)) { $0.info("x", metadata: ["name": "a\nb\u{1B}[2J\u{9B}c"]) }
    #expect(lines == [#"08:15:30.123 INFO     x name=a\u{a}b\u{1b}[2J\u{9b}c"#])
  }

  @Test("what is below the level is not written")
  func level() throws {
    #expect(try lines(.json, level: .warning) { $0.info("x") }.isEmpty)
  }

  @Test("not a terminal means JSON, and NO_COLOR or a dumb terminal means no colours")
  func style() throws {
    let pipe = Pipe()
    #expect(LogStyle.fitting(descriptor: pipe.fileHandleForWriting.fileDescriptor, environment: [:]) == .json)
    #expect(LogStyle.allowsColours(["TERM": "xterm"]))
    #expect(!LogStyle.allowsColours(["TERM": "xterm", "NO_COLOR": "1"]))
    #expect(!LogStyle.allowsColours(["TERM": "dumb"]))
  }

  @Test("moments before 1970 and at ends of days are right")
  func moments() {
    #expect(LogMoment(milliseconds: -1).full == "1969-12-31T23:59:59.999Z")
    #expect(LogMoment(milliseconds: 951_782_399_999).full == "2000-02-28T23:59:59.999Z")
    #expect(LogMoment(milliseconds: 951_782_400_000).full == "2000-02-29T00:00:00.000Z")
  }

  @Test("a masked user is recognised again, is not readable, and differs from others")
  func masking() {
    #expect(masked("jane.doe") == masked("jane.doe"))
    #expect(masked("jane.doe") != masked("john.doe"))
    #expect(!masked("jane.doe").contains("ane"))
    #expect(masked("jane.doe").hasPrefix("j…~"))
    #expect(masked("").isEmpty)
  }

  @Test("a masked address keeps scheme and domain")
  func maskedAddresses() {
    #expect(masked(address: "sip:jane@corp.example") == "sip:\(masked("jane"))@corp.example")
    #expect(masked(address: "jane@corp.example") == "\(masked("jane"))@corp.example")
    #expect(masked(address: "12345") == masked("12345"))
  }

  @Test("a complaint that repeats is told five times, then once a minute with the number that was kept back")
  func repetition() {
    let limit = RepetitionLimit(burst: 5, window: 60_000, capacity: 2)
    let away = RepetitionLimit.Complaint(label: "w", message: "The brokers are away", place: ["lane 0"])
    let other = RepetitionLimit.Complaint(label: "w", message: "The brokers are away", place: ["lane 1"])
    var told: [Int?] = []
    for second in Int64(0)..<8 { told.append(limit.admit(away, at: second * 1_000)) }
    #expect(told == [0, 0, 0, 0, 0, nil, nil, nil])
    #expect(limit.admit(other, at: 8_000) == 0, "another lane's is another complaint")
    #expect(limit.admit(away, at: 60_000) == 3)
    #expect(limit.admit(away, at: 61_000) == nil, "it still goes on: once a minute")
    #expect(limit.admit(away, at: 120_000) == 1)
    #expect(limit.admit(away, at: 300_000) == 0, "after a silence it is a new one")
    #expect(limit.admit(away, at: 300_001) == 0)
    let third = RepetitionLimit.Complaint(label: "w", message: "Something else", place: [])
    #expect(limit.admit(third, at: 300_002) == 0, "what is unknown is never kept back")
  }

  @Test("warnings that repeat are kept back, information is not")
  func repetitionOfLines() throws {
    let pipe = Pipe()
    let output = LogOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    let moment = moment
    let limit = RepetitionLimit(burst: 2)
    let logger = Logger(label: "w") { label in
      LineLogHandler(label: label, style: .json, level: .info, output: output, repetition: limit, clock: { moment })
    }
    for _ in 0..<4 {
      logger.warning("Again", metadata: ["error": "\(UInt64.random(in: 0 ... .max))"])
      logger.info("As always")
    }
    try pipe.fileHandleForWriting.close()
    let lines = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    #expect(lines.components(separatedBy: "Again").count - 1 == 2)
    #expect(lines.components(separatedBy: "As always").count - 1 == 4)
  }
}
