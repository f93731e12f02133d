// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird

/// The paths of the HTTP surface.
enum OperationsRouter {
  static func make(_ sources: OperationsSources, token: BearerToken?) -> Router<BasicRequestContext> {
    let router = Router()
    router.get("health/live") { _, _ in try health(sources.live()) }
    router.get("health/ready") { _, _ in try health(sources.ready()) }
    router.get("health/started") { _, _ in try health(sources.started()) }
    let closed = router.group().add(middleware: TokenMiddleware(token: token))
    closed.get("metrics") { request, _ in
      let format = MetricFormat.preferred(accept: request.headers[.accept])
      return text(sources.metrics.page(format), type: format.contentType)
    }
    closed.get("status") { _, _ in try json(sources.status()) }
    closed.get("agents") { _, _ in try json(await sources.agents()) }
    return router
  }

  private static func health(_ report: HealthReport) throws -> Response {
    try json(report, status: report.isGood ? .ok : .serviceUnavailable)
  }

  private static func json(_ document: OperationsSources.Document, status: HTTPResponse.Status = .ok) throws -> Response
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    let body = String(decoding: try encoder.encode(document), as: UTF8.self)
    return text(body + "\n", type: "application/json", status: status)
  }

  private static func text(_ body: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
    // What is told is of this moment.
    let headers: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
  }
}

/// Lets through whoever has the token.
private struct TokenMiddleware: RouterMiddleware {
  let token: BearerToken?

  @concurrent func handle(
    _ request: Request,
    context: BasicRequestContext,
    next: @concurrent (Request, BasicRequestContext) async throws -> Response
  ) async throws -> Response {
    guard let token, !token.opens(request.headers[.authorization]) else { return try await next(request, context) }
    return Response(status: .unauthorized, headers: [.wwwAuthenticate: "Bearer"])
  }
}
