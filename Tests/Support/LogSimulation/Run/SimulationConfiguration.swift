// SPDX-License-Identifier: Apache-2.0

/// What is simulated: the members, the faults and the inputs.
public struct SimulationConfiguration: Sendable {
  /// How many members run at a time.
  public var members = 2
  /// How many partitions the co-partitioned topics have.
  public var partitions: Int32 = 2
  /// Whether outputs and offsets are committed together.
  public var isTransactional = true
  /// Whether members have a static place in the group.
  public var isStatic = false
  /// What goes wrong while inputs are written.
  public var faults = FaultProfile.calm
  /// How long things take.
  public var timeouts = SimulatedLog.Timeouts()
  /// What the clients do wrong, on purpose.
  public var deviations: ClientDeviations = []
  /// What is written. Writes to one partition keep their order; partitions are interleaved at random.
  public var script: [SimulatedInput] = []
  /// For how long nothing may happen, in milliseconds of the simulated time, until the run is over. Lanes with timers
  /// want more than the longest of them.
  public var quietMilliseconds: Int64 = 2_000
  /// Whether that time only counts while the group is complete: for what somebody has to own partitions to do.
  public var quietWantsGroup = false
  /// Whether compaction takes away inputs behind the group's back; see `SimulatedLog.compactsUnreadInputs`.
  public var compactsUnreadInputs = true
  /// Whether a member's clocks go on while it steps. Where they stand still, the time of a delivery is the time that
  /// the member's rules go by, and a model can be exact.
  public var clocksRunDuringSteps = true
  /// After how many turns a run that is not over has failed.
  public var maximumTurns = 20_000

  /// The defaults.
  public init() {}

  /// Members, faults and times as the seed has them.
  public static func drawn(_ random: inout SplitMix64) -> SimulationConfiguration {
    var configuration = SimulationConfiguration()
    configuration.members = random.within(1...3)
    configuration.partitions = Int32(random.within(1...3))
    configuration.isStatic = random.chance(0.5)
    configuration.timeouts.transaction = random.pick([10_000, 40_000])!
    configuration.faults = .swarm(&random)
    return configuration
  }
}
