// SPDX-License-Identifier: Apache-2.0

public import AgentKit
public import PresenceModel

/// What every agent must do, as checks that any agent can be run against.
///
/// Each check returns what is violated, in words; a test expects that to be empty. Nothing here depends on a test
/// framework.
public enum AgentConformance {
  /// Checks the pure part: the descriptor, what it claims, and what it leaves alone.
  public static func checkDescriptor(
    _ descriptor: AgentDescriptor,
    claims: [String],
    leaves: [String]
  ) -> [String] {
    var violations: [String] = []
    if !AgentDescriptor.isName(descriptor.name) { violations.append("\"\(descriptor.name)\" is no name") }
    if descriptor.freshness <= .zero { violations.append("the freshness is not above zero") }
    if descriptor.maximumBatch < 1 { violations.append("the batch takes nobody") }
    for text in claims + leaves {
      guard let address = try? IMAddress(text) else {
        violations.append("\(text) is no address")
        continue
      }
      let claimed = descriptor.claims(address)
      if claimed != claims.contains(text) {
        violations.append("\(text) is \(claimed ? "claimed and should not be" : "not claimed and should be")")
      }
      guard claimed, let launch = descriptor.launch else { continue }
      let uri = launch.uri(for: address)
      if !IMLaunch.allowedSchemes.contains(where: { uri.hasPrefix("\($0):") })
        || !uri.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
      {
        violations.append("\(text) is launched by \(uri)")
      }
    }
    return violations
  }

  /// Checks that an agent answers what it should: each alone, and all in batches with some that are unknown.
  ///
  /// - Parameters:
  ///   - expected: what the network says, by address.
  ///   - unknown: addresses of which the network says nothing.
  public static func checkAnswers(
    of agent: some PresenceAgent,
    expected: [IMAddress: AgentAnswer],
    unknown: [IMAddress]
  ) async -> [String] {
    var violations: [String] = []
    let all = Array(expected.keys) + unknown
    let size = agent.descriptor.maximumBatch
    var batches = all.map { [$0] }
    if size > 1 {
      batches += stride(from: 0, to: all.count, by: size).map { Array(all[$0..<min($0 + size, all.count)]) }
    }
    for batch in batches {
      do throws(AgentError) {
        let answers = try await agent.presence(of: batch, timeout: patience)
        for address in answers.keys where !batch.contains(address) {
          violations.append("answers for \(address.text), which was not asked for")
        }
        for address in batch where answers[address] != expected[address] {
          violations.append(
            "says \(describe(answers[address])) of \(address.text), should say \(describe(expected[address]))"
          )
        }
      } catch {
        violations.append("fails with \(error.debugDescription)")
      }
    }
    return violations
  }

  /// Longer than a call takes on the busiest machine: how fast an agent is, is not what is checked.
  private static let patience: Duration = .seconds(600)

  /// Checks that an agent stops when its task is cancelled, while the network does not answer.
  ///
  /// - Parameters:
  ///   - isAsked: comes back when the network has got the agent's request.
  /// An agent that violates this never comes back: give the test a time limit.
  public static func checkCancellation(
    of agent: some PresenceAgent,
    asking address: IMAddress,
    isAsked: () async -> Void
  ) async -> [String] {
    let task = Task {
      do throws(AgentError) {
        return "answers \(describe(try await agent.presence(of: [address], timeout: patience)[address]))" as String?
      } catch {
        return nil
      }
    }
    await isAsked()
    task.cancel()
    return await task.value.map { ["\($0) although the network said nothing"] } ?? []
  }

  /// Checks that nothing that is not an answer is taken for one.
  ///
  /// - Parameter ask: makes the agent's network answer with the given bytes, and asks the agent.
  /// - Parameter more: bodies beside `garbage`, such as the network's own error pages.
  public static func checkStrictness(
    more: [[UInt8]] = [],
    ask: ([UInt8]) async throws(AgentError) -> AgentAnswer?
  ) async -> [String] {
    var violations: [String] = []
    for body in garbage + more {
      do throws(AgentError) {
        if let answer = try await ask(body) {
          violations.append("takes \(String(decoding: body.prefix(60), as: UTF8.self)) for \(answer.state)")
        }
      } catch {
        continue  // a refusal is as good as unknown
      }
    }
    return violations
  }

  /// Bodies that are the answer of no network.
  public static let garbage: [[UInt8]] = [
    [], Array(" ".utf8), [0], [0xFF, 0xFE, 0x00], Array("null".utf8), Array("{}".utf8), Array("[[]]".utf8),
    Array("\"online\"".utf8), Array("online".utf8), Array("ONLINE".utf8), Array("{\"error\":\"not online\"}".utf8),
    Array("<html><body>Service is ONLINE again soon</body></html>".utf8), Array("<html/>".utf8),
    Array("<!DOCTYPE html><html>IS ONLINE</html>".utf8), Array("503 Service Unavailable".utf8),
    Array("{\"presence\":".utf8), Array("<presence".utf8), Array(repeating: UInt8(ascii: "["), count: 100_000),
    Array(repeating: UInt8(ascii: "<"), count: 1_000), Array("{\"presence\":\"\u{202E}online\"}".utf8),
  ]

  private static func describe(_ answer: AgentAnswer?) -> String {
    guard let answer else { return "nothing" }
    return "\(answer.state)" + (answer.statusMessage.map { " \"\($0)\"" } ?? "")
  }
}
