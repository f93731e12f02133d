// SPDX-License-Identifier: Apache-2.0

import CRdKafka

extension ClientContext {
  /// Makes the client ask its token provider, on librdkafka's background thread.
  static func installTokenRefresh(on conf: OpaquePointer) {
    rd_kafka_conf_enable_sasl_queue(conf, 1)
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf) { rk, _, opaque in
      guard let rk, let provider = ClientContext.of(opaque)?.tokenProvider else { return }
      do throws(KafkaTokenFailure) {
        try ClientContext.hand(try provider.token(), to: rk)
      } catch {
        // The client says so through its observer's errors, and asks again in ten seconds.
        rd_kafka_oauthbearer_set_token_failure(rk, error.reason)
      }
    }
  }

  private static func hand(_ token: KafkaToken, to rk: OpaquePointer) throws(KafkaTokenFailure) {
    // Names and values by turns, each with its final zero, in one buffer.
    var texts: [CChar] = []
    var starts: [Int] = []
    for (name, value) in token.extensions.sorted(by: { $0.key < $1.key }) {
      for text in [name, value] {
        starts.append(texts.count)
        texts += text.utf8CString
      }
    }
    let objection = texts.withUnsafeBufferPointer { texts -> String? in
      var pointers = starts.map { start in texts.baseAddress.map { $0 + start } }
      return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { reason in
        reason.initialize(repeating: 0)
        let code = rd_kafka_oauthbearer_set_token(
          rk,
          token.value,
          token.expiresAt,
          token.principal,
          &pointers,
          pointers.count,
          reason.baseAddress,
          reason.count
        )
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : String(cString: reason.baseAddress!)
      }
    }
    if let objection { throw KafkaTokenFailure("librdkafka refuses the token: \(objection)") }
  }
}
