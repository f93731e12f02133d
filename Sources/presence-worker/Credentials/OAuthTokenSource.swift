// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Kafka
import PresenceModel
import Synchronization
import Worker

/// Fetches tokens for Kafka's SASL OAUTHBEARER with a client's credentials, and hands one to all clients of the process.
///
/// A token serves until half of its life has passed. Clients ask again at four fifths of what was left when they got
/// it, so that each gets a newer one before its own ends. A failure is remembered for a second: dozens of clients that
/// start together cause one request.
final class OAuthTokenSource: Sendable {
  private struct State {
    var token: KafkaToken?
    var isFreshUntil: Int64 = 0
    var failure: KafkaTokenFailure?
    var failedUntil: Int64 = 0
  }

  private let request: OAuthTokenRequest
  /// Held while a token is fetched: those who ask meanwhile get the same.
  private let state = Mutex(State())

  private init(_ request: OAuthTokenRequest) { self.request = request }

  /// What gives tokens by these settings; nil where there are none.
  static func provider(_ settings: WorkerConfiguration.OAuth) -> KafkaTokenProvider? {
    guard let request = OAuthTokenRequest(settings) else { return nil }
    let source = OAuthTokenSource(request)
    return KafkaTokenProvider { () throws(KafkaTokenFailure) in try source.token() }
  }

  /// A token; blocks the calling thread, which is one of librdkafka's, for at most the time of a request.
  private func token() throws(KafkaTokenFailure) -> KafkaToken {
    let outcome = state.withLock { state -> Result<KafkaToken, KafkaTokenFailure> in
      let now = SystemLaneClock().wall.milliseconds
      if let token = state.token, now < state.isFreshUntil { return .success(token) }
      if let failure = state.failure, now < state.failedUntil { return .failure(failure) }
      do throws(KafkaTokenFailure) {
        let token = try fetch()
        state.token = token
        state.isFreshUntil = now + (token.expiresAt - now) / 2
        state.failure = nil
        return .success(token)
      } catch {
        // A token that still holds is better than none.
        if let token = state.token, now + 1_000 < token.expiresAt { return .success(token) }
        state.failure = error
        state.failedUntil = now + 1_000
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private func fetch() throws(KafkaTokenFailure) -> KafkaToken {
    let request = request
    let answer = Answer()
    // The waiting thread is librdkafka's own and not of Swift's pool, on which the task runs.
    Task {
      do throws(KafkaTokenFailure) {
        answer.give(.success(try await request.send()))
      } catch {
        answer.give(.failure(error))
      }
    }
    return try answer.wait().get()
  }

  /// What a task hands to a thread that waits for it.
  private final class Answer: Sendable {
    private let result = Mutex<Result<KafkaToken, KafkaTokenFailure>?>(nil)
    private let semaphore = DispatchSemaphore(value: 0)

    func give(_ result: Result<KafkaToken, KafkaTokenFailure>) {
      self.result.withLock { $0 = result }
      semaphore.signal()
    }

    func wait() -> Result<KafkaToken, KafkaTokenFailure> {
      semaphore.wait()
      return result.withLock { $0 } ?? .failure(KafkaTokenFailure("the token endpoint was not asked"))
    }
  }
}
