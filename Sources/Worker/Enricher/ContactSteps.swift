// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel

/// The steps of one contact request, as they go into its outcome's `trace`; the memory is reused.
struct ContactSteps: ~Copyable {
  private var steps: [ByteView] = []
  private var space = ByteScratch(capacity: 320)
  private var agent = ByteScratch(capacity: 128)

  /// Begins the steps of a request with the table of spaces that it is judged by.
  mutating func begin(_ table: SpaceTable, _ request: ContactRequest) {
    steps.removeAll(keepingCapacity: true)
    guard !request.space.isEmpty else { return }
    space.removeAll()
    space.append(ByteView("spaces version "))
    space.append(decimal: table.version)
    if table.space(named: request.space) == nil { space.append(ByteView(", space unknown")) }
    steps.append(space.view)
  }

  /// Adds a step.
  mutating func append(_ step: StaticString) { steps.append(ByteView(step)) }

  /// Adds the steps of a decision.
  mutating func append(_ trace: ContactTrace) {
    for step in trace { steps.append(ByteView(step.text)) }
  }

  /// Adds which agent claims the recipient's address.
  mutating func noteAgent(_ name: ByteView?) {
    guard let name else {
      append("no agent claims the address")
      return
    }
    agent.removeAll()
    agent.append(ByteView("claimed by "))
    agent.append(name)
    steps.append(agent.view)
  }

  /// Lends the steps.
  func withSteps<Result>(_ body: (UnsafeBufferPointer<ByteView>) -> Result) -> Result {
    steps.withUnsafeBufferPointer(body)
  }
}
