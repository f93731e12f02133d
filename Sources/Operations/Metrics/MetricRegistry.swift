// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Where a process's metrics come together: asked at each scrape, so that nobody pays for metrics that nobody reads.
///
/// What a program counts by itself is written by collectors; what libraries count through swift-metrics is kept by
/// `libraries` and stands behind it.
public final class MetricRegistry: Sendable {
  /// Writes what it knows at the moment of a scrape.
  public typealias Collector = @Sendable (inout MetricPage) -> Void

  /// What libraries count through swift-metrics; to be handed to `MetricsSystem.bootstrap`.
  public let libraries: LibraryMetrics
  private let collectors = Mutex<[Collector]>([])

  /// A registry without collectors.
  public init(libraries: LibraryMetrics = LibraryMetrics()) { self.libraries = libraries }

  /// Asks `collector` at each scrape from now on, behind those that were added before.
  public func add(_ collector: @escaping Collector) { collectors.withLock { $0.append(collector) } }

  /// The page of this moment.
  public func page(_ format: MetricFormat) -> String {
    var page = MetricPage(format)
    for collect in collectors.withLock({ $0 }) { collect(&page) }
    libraries.write(to: &page)
    return page.text
  }
}
