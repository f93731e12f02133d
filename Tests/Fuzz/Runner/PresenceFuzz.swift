// SPDX-License-Identifier: Apache-2.0

#if !LIBFUZZER
  import FuzzTargets

  /// Feeds one target with samples damaged at random, where libFuzzer is not to be had:
  /// `presence-fuzz TARGET [INPUTS]`; without arguments it tells the targets' names.
  ///
  /// `Tests/Fuzz/run` builds this with libFuzzer instead (`LibFuzzerEntry.swift`).
  @main
  enum PresenceFuzz {
    static func main() throws {
      let arguments = CommandLine.arguments.dropFirst()
      guard let name = arguments.first else {
        for target in FuzzTarget.all { print(target.name) }
        return
      }
      let target = FuzzTarget.chosen(name)
      let inputs = arguments.dropFirst().first.flatMap { Int($0) } ?? 100_000
      var mutation = Mutation(of: try target.samples(), seed: UInt64.random(in: 0 ... .max))
      for _ in 0..<inputs { target.run(mutation.next()) }
    }
  }
#endif
