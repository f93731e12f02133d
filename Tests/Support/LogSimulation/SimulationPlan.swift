// SPDX-License-Identifier: Apache-2.0

/// A run before it is run: everything that decides what will happen in it.
public struct SimulationPlan: Sendable {
  /// The seed that the plan was drawn from. What a run draws beyond the configuration, such as the settings of rules,
  /// follows from it, and stays the same in a plan that was made smaller.
  public var seed: UInt64
  /// The seed of the schedule: whose turn it is, and what breaks when.
  public var schedule: UInt64
  /// Members, faults, inputs.
  public var configuration: SimulationConfiguration

  /// A plan of its parts.
  public init(seed: UInt64, configuration: SimulationConfiguration) {
    self.seed = seed
    self.schedule = seed
    self.configuration = configuration
  }
}

extension SimulationPlan: CustomStringConvertible {
  /// What is in it, for whoever looks for the mistake.
  public var description: String {
    let faults = FaultProfile.strengths.filter { configuration.faults[keyPath: $0.path] > 0 }
    let inputs = configuration.script.map { input in
      "\(input.partition) \(input.mode): "
        + input.contents(SimulatedLog.epoch).map(\.description).joined(separator: ", ")
    }
    return """
      \(configuration.members) members, \(configuration.partitions) partitions, schedule \(schedule)
      faults: \(faults.isEmpty ? "none" : faults.map(\.name).joined(separator: ", "))
      \(inputs.count) inputs:
        \(inputs.joined(separator: "\n  "))
      """
  }
}
