// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Agents
import Foundation
import Kafka
import Worker

/// One request for a token by the client-credentials grant (RFC 6749, section 4.4), and what its answer means.
struct OAuthTokenRequest: Sendable {
  /// How long the endpoint may take.
  static let timeout = Duration.seconds(10)
  /// How long a token is taken to live that says nothing of its end.
  static let usualLife = 300

  let endpoint: String
  let clientID: String
  let secretFile: String
  let scope: String?
  let caFile: String?
  let extensions: [String: String]

  /// The request that settings describe; nil where they name no endpoint, client and secret.
  init?(_ settings: WorkerConfiguration.OAuth) {
    guard let endpoint = settings.tokenEndpoint, let client = settings.clientID, let file = settings.clientSecretFile
    else { return nil }
    self.endpoint = endpoint
    clientID = client
    secretFile = file
    scope = settings.scope
    caFile = settings.caFile
    let pairs = (settings.extensions ?? []).compactMap { text in
      text.firstIndex(of: "=").map { (String(text[..<$0]), String(text[text.index(after: $0)...])) }
    }
    extensions = Dictionary(pairs, uniquingKeysWith: { _, last in last })
  }

  /// Sends the request. Each has a client of its own: there is one every few minutes, and a renewed file of
  /// authorities counts from the next on.
  func send() async throws(KafkaTokenFailure) -> KafkaToken {
    let request = AgentHTTPRequest("POST", endpoint, headers: try headers(), body: Array(body.utf8))
    let response: AgentHTTPResponse
    do throws(AgentError) {
      let client = try AsyncAgentHTTPClient(.init(caFile: caFile))
      let result = await Self.exchange(request, client)
      try await client.shutdown()
      response = try result.get()
    } catch {
      throw KafkaTokenFailure(unreachable(error))
    }
    return try token(in: response, now: Int64(Date.now.timeIntervalSince1970 * 1_000))
  }

  /// The token of an answer.
  func token(in response: AgentHTTPResponse, now: Int64) throws(KafkaTokenFailure) -> KafkaToken {
    let fields = Fields(response.body)
    guard response.status == 200 else { throw KafkaTokenFailure(refusal(response.status, fields)) }
    guard let value = fields?.access_token, !value.isEmpty else {
      throw KafkaTokenFailure("\(endpoint) answered without an access_token: is it a token endpoint?")
    }
    if let type = fields?.token_type, type.lowercased() != "bearer" {
      throw KafkaTokenFailure("\(endpoint) gave a token of type \(type.prefix(40)), not Bearer")
    }
    let claims = Claims(ofToken: value)
    let end =
      fields?.expires_in.map { now + Int64($0 * 1_000) } ?? claims?.exp.map { Int64($0 * 1_000) }
      ?? now + Int64(Self.usualLife) * 1_000
    guard end > now else {
      throw KafkaTokenFailure("\(endpoint) gave a token that has ended already: compare the clocks")
    }
    return KafkaToken(value: value, expiresAt: end, principal: claims?.sub ?? clientID, extensions: extensions)
  }

  // MARK: What is sent

  private var body: String {
    "grant_type=client_credentials" + (scope.map { "&scope=\(Self.formEncoded($0))" } ?? "")
  }

  private func headers() throws(KafkaTokenFailure) -> [AgentHTTPRequest.Header] {
    let secret: String
    do throws(SecretReference.Problem) {
      secret = try SecretReference.file(secretFile).resolve().reveal()
    } catch {
      throw KafkaTokenFailure("kafka.oauth.clientSecretFile: \(error)")
    }
    let credentials = "\(Self.formEncoded(clientID)):\(Self.formEncoded(secret))"
    return [
      AgentHTTPRequest.Header("Authorization", "Basic \(Data(credentials.utf8).base64EncodedString())"),
      AgentHTTPRequest.Header("Content-Type", "application/x-www-form-urlencoded"),
      AgentHTTPRequest.Header("Accept", "application/json"),
    ]
  }

  /// As forms are encoded, which RFC 6749 (2.3.1) wants of both halves of the credentials.
  private static func formEncoded(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "*"):
        String(UnicodeScalar(byte))
      case UInt8(ascii: " "): "+"
      default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    .joined()
  }

  private static func exchange(
    _ request: AgentHTTPRequest,
    _ client: AsyncAgentHTTPClient
  ) async -> Result<AgentHTTPResponse, AgentError> {
    do throws(AgentError) {
      return .success(try await client.send(request, timeout: timeout))
    } catch {
      return .failure(error)
    }
  }

  // MARK: What is wrong

  private func unreachable(_ error: AgentError) -> String {
    let detail = error.debugDescription
    if detail.contains("CERTIFICATE") || detail.contains("certificate") {
      return "the certificate of \(endpoint) is not trusted: kafka.oauth.caFile must hold the authority that signed it"
    }
    return "no token from \(endpoint) (\(error.code)): is it running, and is kafka.oauth.tokenEndpoint its address?"
  }

  private func refusal(_ status: Int, _ fields: Fields?) -> String {
    let error = fields?.error.map { " \($0.prefix(60))" } ?? ""
    switch (status, fields?.error) {
    case (401, _), (_, "invalid_client"), (_, "unauthorized_client"):
      return "\(endpoint) refuses the client (\(status)\(error)): compare kafka.oauth.clientID and the secret's file"
    case (_, "invalid_scope"):
      return "\(endpoint) refuses the scope (\(status)\(error)): compare kafka.oauth.scope"
    case (500..., _):
      return "\(endpoint) is in trouble (\(status)\(error)); asked again in ten seconds"
    default:
      return "\(endpoint) gives no token (\(status)\(error)): is it a token endpoint, and may the client ask it?"
    }
  }

  // The names are those of the wire.
  private struct Fields: Decodable {
    var access_token: String?
    var token_type: String?
    var expires_in: Double?
    var error: String?

    init?(_ body: [UInt8]) {
      guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(body)) else {
        return nil  // what is no JSON object has no fields; the status says the rest
      }
      self = fields
    }
  }

  /// What a token says of itself where it is a JWT; nobody here has to trust it.
  private struct Claims: Decodable {
    var sub: String?
    var exp: Double?

    init?(ofToken token: String) {
      let parts = token.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count >= 2 else { return nil }
      var text = parts[1].replacing("-", with: "+").replacing("_", with: "/")
      text += String(repeating: "=", count: (4 - text.count % 4) % 4)
      guard let data = Data(base64Encoded: String(text)),
        let claims = try? JSONDecoder().decode(Claims.self, from: data)  // opaque tokens are in order, too
      else { return nil }
      self = claims
    }
  }
}
