// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// What the callbacks of one client need: whom to tell, and the rebalance that waits for an answer.
///
/// @unchecked Sendable: `observer` and `tokenProvider` are immutable and Sendable, and are all that librdkafka's own
/// threads touch (the log and the token callback). The rest is touched by the rebalance callback, which librdkafka runs inside a poll or a close, and by the
/// client itself: both on the one thread that uses the client.
final class ClientContext: @unchecked Sendable {
  let observer: KafkaObserver

  /// Whom to ask for tokens; nil for clients that authenticate by other means.
  let tokenProvider: KafkaTokenProvider?

  /// The rebalance that librdkafka reported and that `assign` or `unassign` has not answered yet.
  var pendingRebalance: KafkaRebalance?

  /// Set while the client closes: nobody polls any more, so the callback answers by itself.
  var isClosing = false

  init(observer: KafkaObserver, tokenProvider: KafkaTokenProvider?) {
    self.observer = observer
    self.tokenProvider = tokenProvider
  }

  /// Makes the callbacks reach this context through the client's opaque.
  static func install(on conf: OpaquePointer, client: UnsafeMutablePointer<crdk_client_t>) {
    rd_kafka_conf_set_opaque(conf, client)
    rd_kafka_conf_set_log_cb(conf) { rk, level, facility, message in
      guard let context = ClientContext.of(rd_kafka_opaque(rk)) else { return }
      context.observer.log(
        KafkaLogMessage(
          level: Int(level),
          facility: facility.map { String(cString: $0) } ?? "",
          message: message.map { String(cString: $0) } ?? ""
        )
      )
    }
    rd_kafka_conf_set_error_cb(conf) { rk, code, reason, opaque in
      guard let context = ClientContext.of(opaque) else { return }
      let code = KafkaError.Code(rawValue: code)
      let reason = reason.map { String(cString: $0) } ?? ""
      context.observer.error(
        KafkaError(code, operation: .background, traits: code == .fatal ? .fatal : [], detail: reason)
      )
    }
    rd_kafka_conf_set_stats_cb(conf) { _, json, length, opaque in
      guard let context = ClientContext.of(opaque), let json else { return 0 }
      switch KafkaStatistics.decode(UnsafeRawBufferPointer(start: json, count: length)) {
      case .success(let statistics): context.observer.statistics(statistics)
      case .failure(let error): context.observer.error(error)
      }
      return 0  // librdkafka frees the text
    }
  }

  /// Records rebalances instead of answering them, and stops the poll that they arrive in.
  static func installRebalance(on conf: OpaquePointer) {
    rd_kafka_conf_set_rebalance_cb(conf) { rk, code, partitions, opaque in
      guard let context = ClientContext.of(opaque), !context.isClosing else {
        rd_kafka_assign(rk, nil)
        return
      }
      let positions = [KafkaPosition](partitions)
      if code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
        context.pendingRebalance = .assigned(positions.map(\.topicPartition))
      } else {
        // Anything else takes the partitions away; a code that is not "revoke" is an error of the group.
        let isLost = rd_kafka_assignment_lost(rk) != 0 || code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS
        context.pendingRebalance = .revoked(positions.map(\.topicPartition), lost: isLost)
      }
      rd_kafka_yield(rk)
    }
  }

  static func of(_ opaque: UnsafeMutableRawPointer?) -> ClientContext? {
    guard let context = opaque?.assumingMemoryBound(to: crdk_client_t.self).pointee.context else { return nil }
    return Unmanaged<ClientContext>.fromOpaque(context).takeUnretainedValue()
  }
}
