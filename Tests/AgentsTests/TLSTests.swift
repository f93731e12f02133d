// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Foundation
import Testing

@testable import Agents

@Suite(
  .enabled(if: Certificates.isPossible, "there is no openssl to make certificates with"),
  .timeLimit(.minutes(20))
)
struct TLSTests {
  /// Asks a TLS server on the loopback interface, with or without its private authority.
  ///
  /// - Parameter patience: how long a connection may take; one that is refused is tried again until then.
  private func ask(
    _ certificates: Certificates,
    host: String,
    caFile: String?,
    patience: Duration = .seconds(5)
  ) async throws -> AgentError.Code? {
    try await LocalHTTPServer.run(tls: certificates.server) { _ in
      .answer(status: 200, body: Array("x".utf8))
    } _: { server in
      let client = try AsyncAgentHTTPClient(.init(caFile: caFile, connectTimeout: patience))
      var code: AgentError.Code?
      do throws(AgentError) {
        let url = "https://\(host):\(server.port)/"
        #expect(try await client.send(AgentHTTPRequest("GET", url), timeout: .seconds(300)).status == 200)
      } catch {
        code = error.code
      }
      try await client.shutdown()
      return code
    }
  }

  @Test("A server of a private authority is believed by whoever is told of that authority, and by nobody else")
  func privateAuthority() async throws {
    let certificates = try Certificates(host: "localhost")
    defer { certificates.remove() }
    let code = try await ask(
      certificates,
      host: "localhost",
      caFile: certificates.authority,
      patience: .seconds(600)
    )
    #expect(code == nil)
    #expect(try await ask(certificates, host: "localhost", caFile: nil) == .connectionFailed)
  }

  @Test("A certificate of another host, or of another authority, is refused")
  func wrongCertificate() async throws {
    let certificates = try Certificates(host: "other.example")
    let others = try Certificates(host: "localhost")
    defer {
      certificates.remove()
      others.remove()
    }
    #expect(try await ask(certificates, host: "localhost", caFile: certificates.authority) == .connectionFailed)
    #expect(try await ask(others, host: "localhost", caFile: certificates.authority) == .connectionFailed)
  }
}
