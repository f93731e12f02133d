// SPDX-License-Identifier: Apache-2.0

import PresenceModel
import Testing

@Suite struct ContactTraceTests {
  @Test func stepsComeBackInTheirOrder() {
    var trace = ContactTrace()
    #expect(trace.isEmpty)
    let steps = Array(ContactStep.allCases.suffix(ContactTrace.capacity))
    for (index, step) in steps.enumerated() {
      trace.append(step)
      #expect(trace.count == index + 1)
      #expect(trace.last == step)
    }
    #expect(Array(trace) == steps)
    #expect(Array(trace.reversed()) == steps.reversed())
  }

  @Test func everyStepHasATextOfItsOwn() {
    let texts = ContactStep.allCases.map { String(describing: $0.text) }
    #expect(Set(texts).count == texts.count)
    #expect(texts.allSatisfy { !$0.isEmpty && $0.utf8.count <= 64 })
  }

  @Test func aFullTraceTakesNoMore() async {
    await #expect(processExitsWith: .failure) {
      var trace = ContactTrace()
      for _ in 0...ContactTrace.capacity { trace.append(.expired) }
    }
  }
}
