// SPDX-License-Identifier: Apache-2.0

/// In which of Prometheus' two text forms a page is written.
public enum MetricFormat: Sendable, CaseIterable {
  /// The form that everything reads.
  case prometheus
  /// OpenMetrics 1.0, which newer scrapers prefer.
  case openMetrics

  /// The value of `Content-Type`.
  public var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// The form for a scraper that sends this `Accept`: OpenMetrics where it is asked for by name.
  public static func preferred(accept: String?) -> MetricFormat {
    guard let accept, accept.lowercased().contains("application/openmetrics-text") else { return .prometheus }
    return .openMetrics
  }
}
