// SPDX-License-Identifier: Apache-2.0

import AgentKit
import Testing

@testable import Agents

struct HTTPStatusTests {
  @Test(
    "A status is a failure of its kind, unless it says that the address is unknown",
    arguments: [
      (200, nil), (302, nil), (403, nil), (404, nil), (400, .badAnswer), (401, .unauthorized), (410, .badAnswer),
      (408, .unavailable), (429, .rateLimited), (500, .unavailable), (503, .unavailable), (504, .unavailable),
      (600, .badAnswer),
    ] as [(Int, AgentError.Code?)]
  )
  func status(status: Int, code: AgentError.Code?) {
    #expect(AgentHTTPResponse(status: status).failure()?.code == code)
  }

  @Test("Forbidden is about the agent's credentials where the network says so by it")
  func forbidden() {
    #expect(AgentHTTPResponse(status: 403).failure(unknown: [404])?.code == .unauthorized)
  }

  @Test(
    "Retry-After is read in seconds, and as a date against the answer's own",
    arguments: [
      ("7", nil, .seconds(7)), ("0", nil, .zero), ("-1", nil, nil), ("soon", nil, nil),
      ("999999999", nil, .seconds(86_400)),
      ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:07 GMT", .seconds(30)),
      ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 09:49:37 GMT", .zero),
      ("Sun, 06 Nov 1994 08:49:37 GMT", nil, nil),
      ("Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", nil),
    ] as [(String, String?, Duration?)]
  )
  func retryAfter(value: String, date: String?, expected: Duration?) {
    var headers = [AgentHTTPRequest.Header("Retry-After", value)]
    if let date { headers.append(.init("Date", date)) }
    let response = AgentHTTPResponse(status: 429, headers: headers)
    #expect(response.retryAfter == expected)
    #expect(response.failure()?.retryAfter == expected)
  }
}
