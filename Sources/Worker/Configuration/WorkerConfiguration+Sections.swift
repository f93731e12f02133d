// SPDX-License-Identifier: Apache-2.0

public import Kafka
public import Logging
public import PresenceModel

extension WorkerConfiguration {
  /// Who this process is among its replicas.
  public struct Instance: Sendable, Equatable {
    /// A name that stays the same over restarts, such as a pod's; nil gives a new random one to every process.
    ///
    /// A name makes the process a static member of its groups (`group.instance.id`): restarting it within the session
    /// time-out moves no partition. Two processes of one name fence each other, so it is never made up from the host.
    public var name: String?
    /// Whether the host's name is the instance's, where there is no `name`: in a StatefulSet that is the pod's.
    public var usesHostName = false
    /// Whether a static member leaves its groups when it is stopped, so that its partitions move at once.
    public var leavesOnStop = false

    /// The defaults.
    public init() {}

    /// The name, or one made of the host's and a random suffix: for `client.id`, transactional ids and logs.
    public var label: String { groupInstanceID ?? ProcessName.generated }

    /// What `group.instance.id` is to be: the name, or the host's where that was asked for, else nothing.
    public var groupInstanceID: String? { name ?? (usesHostName ? ProcessName.host : nil) }

    /// Whether the groups are left when the process is stopped: without a name nobody could come back as the same.
    public var leavesGroup: Bool { leavesOnStop || groupInstanceID == nil }
  }

  /// How the topics are named and created.
  public struct Topics: Sendable, Equatable {
    /// Put before every topic's name, such as `acme.`.
    public var prefix = ""
    /// The partition count that `topics create` gives to the co-partitioned topics; fixed for the life of a prefix.
    public var partitions = 12
    /// The replication factor that `topics create` asks for; nil leaves it to the broker.
    public var replicationFactor: Int?

    /// The defaults.
    public init() {}
  }

  /// How Kafka is reached.
  public struct Kafka: Sendable, Equatable {
    /// Where to find a first broker, each `host:port`.
    public var bootstrapServers = ["localhost:9092"]
    /// librdkafka's properties for every client, by its own names.
    public var properties = ClientProperties()
    /// librdkafka's properties for consumers alone; they win over `properties`.
    public var consumer = ClientProperties()
    /// librdkafka's properties for producers alone; they win over `properties`.
    public var producer = ClientProperties()
    /// Where tokens for SASL OAUTHBEARER come from.
    public var oauth = OAuth()
    /// What fetches those tokens; no key, but put here by whoever composes the process.
    public var tokenProvider: KafkaTokenProvider?

    /// The defaults.
    public init() {}
  }

  /// An OAuth 2.0 token endpoint, asked with a client's credentials (RFC 6749, 4.4).
  public struct OAuth: Sendable, Equatable {
    /// The endpoint's `https` URL; nil where no tokens are used.
    public var tokenEndpoint: String?
    /// The client's name there.
    public var clientID: String?
    /// A file that holds the client's secret; read for every token, so that a new secret needs no restart.
    public var clientSecretFile: String?
    /// What the token is to be good for; nil leaves that to the endpoint.
    public var scope: String?
    /// A PEM file of certificate authorities that count instead of the system's.
    public var caFile: String?
    /// SASL extensions, each `name=value`, as some hosted clusters want them.
    public var extensions: [String]?

    /// The defaults.
    public init() {}
  }

  /// How the enricher runs.
  public struct Enricher: Sendable, Equatable {
    /// Dedicated threads, each with one consumer and one producer.
    public var lanes = 1
    /// How outputs and offsets reach Kafka.
    public var delivery = DeliveryMode.exactlyOnce
    /// Whether several changes of a user within one transaction are published as their last one.
    public var coalesce = true
    /// How long a transaction takes input before it is committed.
    public var commitInterval = Duration.milliseconds(100)
    /// How many inputs a transaction takes before it is committed ahead of its time.
    public var maximumTransactionRecords = 50_000
    /// After what time the broker aborts a transaction of a worker that has stopped.
    public var transactionTimeout = Duration.seconds(10)
    /// After what silence the group takes a member's partitions away.
    public var sessionTimeout = Duration.seconds(15)
    /// How long a lane may be busy between two polls before it leaves the group.
    public var maxPollInterval = Duration.seconds(60)
    /// How long a lane may take to finish its transaction when partitions are revoked or the worker is stopped.
    public var drainBudget = Duration.seconds(5)

    /// The defaults.
    public init() {}
  }

  /// What counts as presence, and for how long.
  public struct Presence: Sendable, Equatable {
    /// Whether presence exists at all; off publishes quality `disabled` and sends contact to mail.
    public var enabled = true
    /// The services that the portal offers on a presence tag.
    public var services = Set(PortalService.allCases)
    /// How the readings of several devices become one state.
    public var policy = ReadingPolicy.busyFirst
    /// How long a looked-up state is fresh, where its agent says nothing else.
    public var freshness = Duration.seconds(60)
    /// By how much, in percent and either way, freshness is varied so that entries do not expire together.
    public var jitterPercent = 10
    /// How long asking for a user keeps the user refreshed.
    public var interest = Duration.seconds(300)
    /// How long a failed look-up is remembered before the same address is asked for again.
    public var failureMemory = Duration.seconds(5)
    /// What is added to every lease before its reading lapses.
    public var leaseGrace = Duration.seconds(10)
    /// Whether a space that no event has told of allows contact.
    public var unknownSpacesAllowed = true
    /// Whether one's own tag offers to change the credentials for the presence service.
    public var changeCredentials = false
    /// How far ahead of the worker's clock an event may be; further, it is a dead letter, and a deletion counts as of now.
    public var clockTolerance = Duration.seconds(7 * 86_400)

    /// The defaults.
    public init() {}
  }

  /// How contact requests are decided.
  public struct Contact: Sendable, Equatable {
    /// When an `im` or `auto` request expires that does not say so itself.
    public var expiry = Duration.seconds(10)
    /// Which share of a request's time its look-up may take.
    public var deadlineShare = 0.7
    /// How long the same request is recognised as a repeat.
    public var duplicateWindow = Duration.seconds(86_400)
    /// How many requests of one requester are let through.
    public var rateLimit = RateLimit()

    /// The defaults.
    public init() {}
  }

  /// A token bucket.
  public struct RateLimit: Sendable, Equatable {
    /// Tokens that are added within a minute; 0 switches the limit off.
    public var perMinute = 600
    /// Tokens that the bucket holds: what may come at once.
    public var burst = 1_000

    /// The defaults.
    public init() {}
  }

  /// How the resolver runs.
  public struct Resolver: Sendable, Equatable {
    /// How many look-ups may wait in memory; beyond that the consumer pauses.
    public var waiting = 20_000
    /// How many bytes of look-ups may wait in memory; beyond that the consumer pauses.
    public var waitingBytes = 64 << 20
    /// How often the lowest unfinished offset of each partition is committed.
    public var commitInterval = Duration.seconds(1)
    /// How long calls under way may go on when partitions are revoked or the worker is stopped.
    public var drainBudget = Duration.seconds(5)

    /// The defaults.
    public init() {}
  }

  /// How the bridge runs.
  public struct Bridge: Sendable, Equatable {
    /// The longest lease that is published, whatever a network grants: how long a state outlives a bridge that has died.
    public var lease = Duration.seconds(300)
    /// How far apart the changes of one user are published in the long run.
    public var interval = Duration.seconds(1)
    /// How many changes of one user are published at once before that.
    public var burst = 4
    /// How long what is published may take to arrive when partitions are given up or the worker is stopped.
    public var drainBudget = Duration.seconds(2)

    /// The defaults.
    public init() {}
  }

  /// What is logged, and how.
  public struct Log: Sendable, Equatable {
    /// From which level on.
    public var level = Logger.Level.info
    /// In which form.
    public var format = LogFormat.auto

    /// The defaults.
    public init() {}
  }
}
