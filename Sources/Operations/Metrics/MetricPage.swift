// SPDX-License-Identifier: Apache-2.0

/// What a scrape gets: families with their samples, written as text while they are added.
public struct MetricPage {
  /// Takes the samples of one family.
  public struct Samples {
    let family: MetricFamily
    var text = ""

    /// Adds a value; `labels` are the values of the family's labels, in their order.
    public mutating func add(_ value: Double, _ labels: String...) { line("", labels, nil, Self.text(of: value)) }

    /// Adds a number of things.
    public mutating func add(_ value: some BinaryInteger, _ labels: String...) { line("", labels, nil, "\(value)") }

    /// Adds a histogram.
    public mutating func add(_ histogram: MetricHistogram, _ labels: String...) { add(histogram, labels: labels) }

    mutating func add(_ value: Double, labels: [String]) { line("", labels, nil, Self.text(of: value)) }

    mutating func add(_ histogram: MetricHistogram, labels: [String]) {
      precondition(family.kind == .histogram, "\(family.name) is no histogram")
      var below = 0
      for (bound, count) in zip(histogram.bounds, histogram.counts) {
        below += count
        line("_bucket", labels, Self.text(of: bound), "\(below)")
      }
      line("_bucket", labels, "+Inf", "\(histogram.count)")
      line("_sum", labels, nil, Self.text(of: histogram.sum))
      line("_count", labels, nil, "\(histogram.count)")
    }

    private mutating func line(_ suffix: String, _ values: [String], _ bound: String?, _ value: String) {
      precondition(values.count == family.labels.count, "\(family.name) has the labels \(family.labels)")
      var pairs = zip(family.labels, values).map { "\($0)=\"\(Self.escaped($1))\"" }
      if let bound { pairs.append("le=\"\(bound)\"") }
      text += family.name + suffix
      if !pairs.isEmpty { text += "{\(pairs.joined(separator: ","))}" }
      text += " \(value)\n"
    }

    static func text(of value: Double) -> String {
      if value.isNaN { return "NaN" }
      if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
      return "\(value)"
    }

    static func escaped(_ text: String) -> String {
      guard text.contains(where: { $0 == "\\" || $0 == "\"" || $0.isNewline }) else { return text }
      return text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
  }

  /// The form in which it is written.
  public let format: MetricFormat
  private var body = ""
  private var written: Set<String> = []

  /// An empty page.
  public init(_ format: MetricFormat) { self.format = format }

  /// Writes a family with the samples that `body` adds; one without samples does not appear.
  ///
  /// - Precondition: a family is written once.
  public mutating func write(_ family: MetricFamily, _ body: (inout Samples) -> Void) {
    precondition(written.insert(family.name).inserted, "\(family.name) is written twice")
    var samples = Samples(family: family)
    body(&samples)
    guard !samples.text.isEmpty else { return }
    let name = format == .openMetrics ? family.familyName : family.name
    let meaning = family.meaning.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    self.body += "# HELP \(name) \(format == .openMetrics ? meaning.replacing("\"", with: "\\\"") : meaning)\n"
    self.body += "# TYPE \(name) \(family.kind.rawValue)\n"
    if format == .openMetrics, family.unit != .none { self.body += "# UNIT \(name) \(family.unit.rawValue)\n" }
    self.body += samples.text
  }

  /// Whether a family of that name is on the page.
  func has(_ name: String) -> Bool { written.contains(name) }

  /// The page.
  public var text: String { format == .openMetrics ? body + "# EOF\n" : body }
}

/// Observations counted by size.
public struct MetricHistogram: Sendable, Equatable {
  /// The upper bounds, rising; what is larger than the last one is counted apart.
  public let bounds: [Double]
  /// How many observations were above the bound before and not above this one, and behind the last bound the rest.
  public private(set) var counts: [Int]
  /// The sum of all observations.
  public private(set) var sum: Double

  /// A histogram without observations.
  public init(bounds: [Double]) {
    self.init(bounds: bounds, counts: Array(repeating: 0, count: bounds.count + 1), sum: 0)
  }

  /// A histogram that somebody else has counted.
  ///
  /// - Precondition: there is one count more than bounds.
  public init(bounds: [Double], counts: [Int], sum: Double) {
    precondition(counts.count == bounds.count + 1, "a histogram has one count more than bounds")
    self.bounds = bounds
    self.counts = counts
    self.sum = sum
  }

  /// The number of observations.
  public var count: Int { counts.reduce(0, +) }

  /// Adds an observation.
  public mutating func observe(_ value: Double) {
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }

  /// Bounds for the time that something takes: from a millisecond to half a minute.
  public static let latencyBounds = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30,
  ]
}
