// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents

extension FuzzTarget {
  /// The formats that several networks use, and the configuration.
  static let formats = [
    FuzzTarget("json") { _ = JSONValue($0) },
    FuzzTarget("xml") { _ = XMLElement.parse($0) },
    FuzzTarget("markup") { _ = MarkupText.plain(text($0)) },
    FuzzTarget("json-pointer") { bytes in
      let (pointer, document) = halves(bytes)
      if let pointer = JSONPointer(text(pointer)), let document = JSONValue(document) {
        _ = pointer.target(in: document)
      }
    },
    FuzzTarget("xml-path") { bytes in
      let (path, document) = halves(bytes)
      if let path = XMLPath(text(path)), let document = XMLElement.parse(document) { _ = path.target(in: document) }
    },
    FuzzTarget("retry-after") { bytes in
      let (after, date) = halves(bytes)
      let response = AgentHTTPResponse(
        status: 429,
        headers: [.init("Retry-After", text(after)), .init("Date", text(date))]
      )
      if let pause = response.retryAfter {
        promise(pause >= .zero && pause <= .seconds(86_400), "a pause is of 0 to 24 h")
      }
    },
    FuzzTarget("configuration") { bytes in
      guard case .array(let document)? = JSONValue(bytes) else { return }
      let agents = document.map { AgentConfiguration(ConfigurationValue($0)) }
      do throws(ConfigurationProblems) {
        _ = try AgentFactory.check(agents)
      } catch {
        promise(!error.problems.isEmpty, "what is refused has a reason")
        for problem in error.problems { promise(!problem.message.isEmpty, "a problem says what is wrong") }
      }
    },
  ]

  /// Bytes as a text; what is not UTF-8 is repaired.
  static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// What stands before the first zero byte, and behind it.
  static func halves(_ bytes: [UInt8]) -> ([UInt8], [UInt8]) {
    guard let zero = bytes.firstIndex(of: 0) else { return (bytes, []) }
    return (Array(bytes[..<zero]), Array(bytes[(zero + 1)...]))
  }
}

extension ConfigurationValue {
  /// JSON as a configuration.
  fileprivate init(_ json: JSONValue) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .scalar(value ? "true" : "false")
    case .number(let text), .string(let text): self = .scalar(text)
    case .array(let elements): self = .list(elements.map { ConfigurationValue($0) })
    case .object(let members): self = .map(members.mapValues { ConfigurationValue($0) })
    }
  }
}
