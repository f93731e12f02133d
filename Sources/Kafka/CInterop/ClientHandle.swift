// SPDX-License-Identifier: Apache-2.0

import CRdKafka
import Dispatch

/// The owner of one client of librdkafka with its topic handles, its callback context and its delivery reports.
///
/// Freed in this order: topic handles, the client (which ends librdkafka's threads and so the last callback), then what
/// the callbacks use. librdkafka 2.0.2 may wait for ever for the threads of a client that has lost its partitions (mended
/// in its 2.1.1), so this is done on another thread, and what does not end within `patience` is left behind.
///
/// @unchecked Sendable: librdkafka's calls are safe on any thread; the buffers of ours are touched only by the methods
/// of the class that owns this handle, which is not Sendable itself.
struct ClientHandle: ~Copyable, @unchecked Sendable {
  let rk: OpaquePointer
  let client: UnsafeMutablePointer<crdk_client_t>
  let context: ClientContext
  var topics = TopicRegistry()

  /// Creates a client.
  ///
  /// - Parameters:
  ///   - defaults: what the client prefers; the configuration may say otherwise.
  ///   - configuration: what was asked for; checked here.
  ///   - fixed: what the client needs; the configuration cannot say otherwise.
  ///   - deliveries: which deliveries a producer reports.
  init(
    _ type: rd_kafka_type_t,
    defaults: [String: String],
    configuration: KafkaConfiguration,
    fixed: [String: String],
    deliveries: KafkaProducer.Deliveries = .all,
    observer: KafkaObserver
  ) throws(KafkaError) {
    try configuration.validate()
    let conf = ConfigurationHandle()
    // Defaults first and fixed last, each layer in the order of names: two names may mean the same property.
    for layer in [defaults, configuration.properties, fixed] {
      for (property, value) in layer.sorted(by: { $0.key < $1.key }) {
        guard let objection = conf.set(property, value) else { continue }
        let problem = KafkaConfigurationProblem(property: property, value: value, reason: objection)
        throw KafkaError(
          code: .invalidArgument,
          operation: .configure,
          recovery: .none,
          detail: "properties that cannot be used",
          problems: [problem]
        )
      }
    }
    let tokenProvider = configuration.wantsTokens ? configuration.tokenProvider : nil
    let context = ClientContext(observer: observer, tokenProvider: tokenProvider)
    let retained = Unmanaged.passRetained(context)
    let client = crdk_client_new(retained.toOpaque())!
    conf.withPointer { conf in
      ClientContext.install(on: conf, client: client)
      if tokenProvider != nil { ClientContext.installTokenRefresh(on: conf) }
      switch (type, deliveries) {
      case (RD_KAFKA_PRODUCER, .all):
        crdk_conf_collect_deliveries(conf)
      case (RD_KAFKA_PRODUCER, .failures):
        let wasTaken = crdk_conf_collect_failures(conf, client)
        precondition(wasTaken != 0, "librdkafka has had the property and the interceptor since 1.0")
      default:
        ClientContext.installRebalance(on: conf)
      }
    }
    do throws(KafkaError) {
      let rk = try conf.makeClient(type)
      // On librdkafka's background thread, since a client that waits for its first connection is not polled meanwhile.
      if tokenProvider != nil, let error = rd_kafka_sasl_background_callbacks_enable(rk) {
        rd_kafka_destroy(rk)
        throw KafkaError(consuming: error, operation: .create)
      }
      self.rk = rk
    } catch {
      crdk_client_destroy(client)
      retained.release()
      throw error
    }
    self.client = client
    self.context = context
  }

  /// How long a client may take to end before nobody waits for it any more.
  private static let patience = DispatchTimeInterval.seconds(10)

  deinit {
    topics.destroyHandles()
    let ending = Ending(rk: rk, client: client)
    let isOver = waiting(Self.patience) { ending.run() }
    if !isOver { context.observer.error(Self.leftBehind) }
  }

  private static let leftBehind = KafkaError(
    .timedOut,
    operation: .close,
    traits: [],
    detail: "a client of librdkafka does not end; its threads and memory are left behind"
  )

  /// @unchecked Sendable: nobody else uses the client any more.
  private struct Ending: @unchecked Sendable {
    let rk: OpaquePointer
    let client: UnsafeMutablePointer<crdk_client_t>

    func run() {
      // A member that was not closed leaves by its session time-out: the safety net must not wait for a broker.
      rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
      let retained = client.pointee.context!
      crdk_client_destroy(client)
      Unmanaged<ClientContext>.fromOpaque(retained).release()
    }
  }

  /// The topic's index on this client; the handle is made at the first call and kept.
  mutating func topic(_ name: String) throws(KafkaError) -> KafkaTopic {
    try topics.register(name, on: rk)
  }

  /// Librdkafka's own account of the fatal error, if there was one.
  borrowing func fatalError(_ operation: KafkaError.Operation) -> KafkaError? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
      buffer.initialize(repeating: 0)
      let code = rd_kafka_fatal_error(rk, buffer.baseAddress, buffer.count)
      guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
      let detail = String(cString: buffer.baseAddress!)
      return KafkaError(KafkaError.Code(code), operation: operation, traits: .fatal, detail: detail)
    }
  }
}

/// Runs `body` on a thread of its own, and waits for its end, but not for longer than this.
///
/// - Returns: whether it has ended.
func waiting(_ limit: DispatchTimeInterval, for body: @escaping @Sendable () -> Void) -> Bool {
  let end = DispatchSemaphore(value: 0)
  DispatchQueue(label: "kafka-end").async {
    body()
    end.signal()
  }
  return end.wait(timeout: .now() + limit) == .success
}
