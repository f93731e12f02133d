// SPDX-License-Identifier: Apache-2.0

public import AgentKit
import Kafka
public import Logging
import PresenceEvents
import PresenceModel
public import ServiceLifecycle

/// A worker put together from its configuration: the services of its roles, and the board on which they report.
public struct WorkerRuntime: Sendable {
  /// The services in the order of their dependency: a service group starts them so and stops them the other way round.
  public let services: [any Service]
  /// Where the services say how they are.
  public let board: StatusBoard

  private let latest = LatestRules()
  private let resolver: ResolverService?
  private let bridge: BridgeService?

  /// Puts a worker together.
  ///
  /// - Parameters:
  ///   - configuration: what the worker is told.
  ///   - directory: what the agents claim.
  ///   - roster: the agents; needed by the role `resolve` alone.
  ///   - live: the subscribers; needed by the role `bridge` alone.
  ///   - logger: where the worker logs.
  public init(
    _ configuration: WorkerConfiguration,
    directory: AgentDirectory,
    roster: AgentRoster?,
    live: LiveRoster? = nil,
    logger: Logger
  ) {
    let board = StatusBoard()
    self.board = board
    let observer = WorkerRuntime.observer(logger)
    let common = configuration.kafka.clientConfiguration
    var services: [any Service] = []

    if configuration.roles.contains(.enrich) {
      func logSettings(lane: Int) -> KafkaLogSettings {
        var log = KafkaLogSettings(common: common, instance: configuration.instance.label, lane: lane)
        log.consumer = configuration.kafka.consumer.revealed()
        log.producer = configuration.kafka.producer.revealed()
        log.prefix = configuration.topics.prefix
        log.groupInstanceID = configuration.instance.groupInstanceID.map { "\($0)-\(lane)" }
        log.isTransactional = configuration.enricher.delivery == .exactlyOnce
        log.transactionTimeout = configuration.enricher.transactionTimeout
        log.sessionTimeout = configuration.enricher.sessionTimeout
        log.maximumPollInterval = configuration.enricher.maxPollInterval
        log.observer = observer
        log.vitals = board.clients
        return log
      }
      let spaces = SpacesReader(settings: logSettings(lane: 0), board: board, logger: logger)
      services.append(spaces)
      let enricher = configuration.enricherSettings(directory)
      var lanes: [LaneService] = []
      for number in 0..<configuration.enricher.lanes {
        var lane = LaneSettings(name: "\(configuration.instance.label)-\(number)")
        lane.commitInterval = configuration.enricher.commitInterval
        lane.maximumTransactionRecords = configuration.enricher.maximumTransactionRecords
        lane.transactionTimeout = configuration.enricher.transactionTimeout
        lane.drainBudget = configuration.enricher.drainBudget
        lanes.append(
          LaneService(
            number: number,
            log: logSettings(lane: number),
            lane: lane,
            enricher: enricher,
            spaces: spaces,
            latest: latest,
            board: board,
            heartbeat: board.addLane(number),
            leavesGroup: configuration.instance.leavesGroup,
            logger: logger
          )
        )
      }
      services.append(LanesService(lanes: lanes))
    }
    var resolverService: ResolverService?
    if configuration.roles.contains(.resolve), let roster {
      var resolver = ResolverSettings(common: common, instance: configuration.instance.label)
      resolver.consumer = configuration.kafka.consumer.revealed()
      resolver.producer = configuration.kafka.producer.revealed()
      resolver.prefix = configuration.topics.prefix
      resolver.groupInstanceID = configuration.instance.groupInstanceID.map { "\($0)-resolver" }
      resolver.limits = configuration.resolverLimits
      resolver.leavesGroup = configuration.instance.leavesGroup
      resolver.sessionTimeout = configuration.enricher.sessionTimeout
      resolver.maximumPollInterval = configuration.enricher.maxPollInterval
      resolver.eventSource = configuration.eventSource
      resolver.observer = observer
      resolver.vitals = board.clients
      let heartbeat = board.addResolver()
      let service = ResolverService(
        settings: resolver,
        roster: roster,
        board: board,
        heartbeat: heartbeat,
        logger: logger
      )
      resolverService = service
      services.append(service)
    }
    var bridgeService: BridgeService?
    if configuration.roles.contains(.bridge), let live {
      let service = BridgeService(
        settings: configuration.bridgeSettings(common, observer, vitals: board.clients),
        roster: live,
        board: board,
        heartbeat: board.addBridge(),
        logger: logger
      )
      bridgeService = service
      services.append(service)
    }
    self.services = services
    self.resolver = resolverService
    self.bridge = bridgeService
  }

  /// What is known of the agents, in their order; none in a process that does not resolve.
  public var agents: @Sendable () -> [AgentStatus] {
    { [resolver] in resolver?.agents ?? [] }
  }

  /// Lets the running services go by another configuration, as far as that can change while they run.
  ///
  /// Lanes take it over between two transactions, the resolver between two turns; nothing under way is lost.
  ///
  /// - Parameters:
  ///   - roster: the agents; nil in a process that does not resolve.
  ///   - live: the subscribers; nil in a process that is no bridge.
  public func adopt(
    _ configuration: WorkerConfiguration,
    directory: AgentDirectory,
    roster: AgentRoster?,
    live: LiveRoster? = nil
  ) async {
    latest.rules = LaneRules(
      enricher: configuration.enricherSettings(directory),
      commitInterval: configuration.enricher.commitInterval,
      maximumTransactionRecords: configuration.enricher.maximumTransactionRecords
    )
    if let live { bridge?.replace(live, rules: configuration.bridgeRules) }
    guard let roster else { return }
    guard let resolver else { return await roster.release() }
    await resolver.replace(roster, limits: configuration.resolverLimits)
  }

  /// librdkafka's lines at their levels; its warnings are news only for whoever looks for them.
  private static func observer(_ logger: Logger) -> KafkaObserver {
    KafkaObserver(
      log: { line in
        let level: Logger.Level = line.level <= 3 ? .warning : line.level <= 5 ? .info : .debug
        logger.log(
          level: level == .info ? .debug : level,
          "librdkafka",
          metadata: ["facility": "\(line.facility)", "text": "\(line.message)"]
        )
      },
      error: { error in
        logger.debug("Kafka client", metadata: ["error": "\(error)"])
      }
    )
  }
}

extension WorkerConfiguration {
  /// The `ce_source` of what this process publishes.
  var eventSource: String { "/presence-worker/\(instance.label)" }

  /// The resolver's limits as this configuration has them.
  var resolverLimits: ResolverSettings.Limits {
    var limits = ResolverSettings.Limits()
    limits.underWay = resolver.waiting
    limits.underWayBytes = resolver.waitingBytes
    limits.commitInterval = resolver.commitInterval
    limits.drainBudget = resolver.drainBudget
    return limits
  }

  /// The bridge's rules as this configuration has them.
  var bridgeRules: BridgeRules {
    var rules = BridgeRules()
    rules.presenceEnabled = presence.enabled
    rules.lease = bridge.lease.milliseconds
    rules.interval = bridge.interval.milliseconds
    rules.burst = Int64(bridge.burst)
    return rules
  }

  func bridgeSettings(_ common: KafkaConfiguration, _ observer: KafkaObserver, vitals: ClientVitals) -> BridgeSettings {
    var settings = BridgeSettings(common: common, instance: instance.label)
    settings.consumer = kafka.consumer.revealed()
    settings.producer = kafka.producer.revealed()
    settings.prefix = topics.prefix
    settings.groupInstanceID = instance.groupInstanceID.map { "\($0)-bridge" }
    settings.rules = bridgeRules
    settings.leavesGroup = instance.leavesGroup
    settings.sessionTimeout = enricher.sessionTimeout
    settings.maximumPollInterval = enricher.maxPollInterval
    settings.drainBudget = bridge.drainBudget
    settings.eventSource = eventSource
    settings.observer = observer
    settings.vitals = vitals
    return settings
  }

  /// The rules as this configuration has them.
  public func enricherSettings(_ directory: AgentDirectory) -> EnricherSettings {
    var settings = EnricherSettings()
    settings.presenceEnabled = presence.enabled
    settings.services = []
    for service in presence.services {
      switch service {
      case .profile: settings.services.insert(.profile)
      case .mail: settings.services.insert(.mail)
      case .im: settings.services.insert(.im)
      }
    }
    settings.policy = presence.policy
    settings.changeCredentials = presence.changeCredentials
    settings.jitterPercent = presence.jitterPercent
    settings.interest = presence.interest
    settings.failureMemory = presence.failureMemory
    settings.leaseGrace = presence.leaseGrace
    settings.clockTolerance = presence.clockTolerance
    settings.coalesce = enricher.coalesce
    settings.contact.expiry = contact.expiry
    settings.contact.deadlinePercent = Int((contact.deadlineShare * 100).rounded())
    settings.contact.duplicateWindow = contact.duplicateWindow
    settings.contact.rate.perMinute = Int32(contact.rateLimit.perMinute)
    settings.contact.rate.burst = Int32(contact.rateLimit.burst)
    settings.contact.unknownSpacesAllowed = presence.unknownSpacesAllowed
    settings.agents = directory
    settings.eventSource = eventSource
    return settings
  }
}
