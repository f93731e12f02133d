// SPDX-License-Identifier: Apache-2.0

import Foundation
public import Testing

/// Validates events that tests produced against the published schemas, with a validator that is not ours.
///
/// ```swift
/// @Test(.enabled(if: EventSchemas.isAvailable, EventSchemas.requirement))
/// func outcomesFollowTheirSchema() throws {
///   let problems = try EventSchemas.problems(in: ["contact.outcome.v1": outcomes])
///   #expect(problems.isEmpty)
/// }
/// ```
public enum EventSchemas {
  /// What a machine needs for these tests, as the reason of a skip.
  public static let requirement: Comment = "needs python3 with the package jsonschema"

  /// Whether the validator can run here.
  public static let isAvailable: Bool = Python.has("jsonschema", "referencing")

  /// Validates events, given by the name of their schema, such as `presence.snapshot.v1`.
  ///
  /// Fields that the schema does not describe are problems too: readers ignore them, but this project writes none.
  ///
  /// - Returns: a line per problem.
  public static func problems(in events: [String: [[UInt8]]]) throws -> [String] {
    var input = Data()
    for (schema, documents) in events.sorted(by: { $0.key < $1.key }) {
      for document in documents {
        input.append(contentsOf: "{\"schema\":\"\(schema)\",\"event\":".utf8)
        input.append(contentsOf: document)
        input.append(contentsOf: "}\n".utf8)
      }
    }
    let (status, output) = try run(Python.command("validate_events.py", ["--examples"]), input: input)
    let lines = output.split(separator: "\n").map(String.init)
    return status == 0 ? lines : (lines.isEmpty ? ["validate_events.py exited with \(status)"] : lines)
  }

  /// Runs a command; the input goes through a file, so that neither side waits for the other.
  private static func run(_ command: [String], input: Data) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("events-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // What cannot be removed from the temporary folder is the system's to clean.
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("events.ndjson")
    try input.write(to: file)
    process.standardInput = try FileHandle(forReadingFrom: file)
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.runOneAtATime()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }
}
