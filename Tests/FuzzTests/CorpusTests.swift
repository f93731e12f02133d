// SPDX-License-Identifier: Apache-2.0

import FuzzTargets
import TestSupport
import Testing

/// The corpora of `Tests/Fuzz` in every run of the tests; `Tests/Fuzz/run` goes on from there.
@Suite(.computing)
struct CorpusTests {
  @Test("Samples, and twenty thousand damaged ones, crash no parser", arguments: FuzzTarget.all.map(\.name))
  func corpus(name: String) throws {
    let target = try #require(FuzzTarget.named(name))
    let samples = try target.samples()
    #expect(!samples.isEmpty)
    for sample in samples { target.run(sample) }
    var mutation = Mutation(of: samples, seed: 4_711)
    for _ in 0..<20_000 { target.run(mutation.next()) }
  }

  @Test("Names are those of folders, and no folder is without a target")
  func names() throws {
    let names = FuzzTarget.all.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(try FuzzTarget.folders() == names.sorted())
  }
}
