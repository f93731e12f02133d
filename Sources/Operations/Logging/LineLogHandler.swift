// SPDX-License-Identifier: Apache-2.0

public import Logging

/// Writes log records as lines for people or for machines.
///
/// A record is one constant message; what varies is metadata. Lines go to a `LogOutput`, normally standard error, so
/// that standard output stays free for what a command prints.
public struct LineLogHandler: LogHandler {
  /// From which level on records are written: this logger's own level, else the one that it shares with others.
  public var logLevel: Logger.Level {
    get { ownLevel ?? threshold.level }
    set { ownLevel = newValue }
  }
  /// What every record of this logger carries.
  public var metadata: Logger.Metadata = [:]
  /// What is asked for more metadata at each record.
  public var metadataProvider: Logger.MetadataProvider?

  private var ownLevel: Logger.Level?
  private let threshold: LogThreshold
  private let label: String
  private let style: LogStyle
  private let output: LogOutput
  private let repetition: RepetitionLimit?
  private let clock: @Sendable () -> LogMoment

  /// A handler of the logger of that name, with a level that never changes unless it is set.
  public init(
    label: String,
    style: LogStyle,
    level: Logger.Level,
    output: LogOutput = .standardError,
    repetition: RepetitionLimit? = nil,
    metadataProvider: Logger.MetadataProvider? = nil,
    clock: @escaping @Sendable () -> LogMoment = { LogMoment.now }
  ) {
    self.init(
      label: label,
      style: style,
      threshold: LogThreshold(level),
      output: output,
      repetition: repetition,
      metadataProvider: metadataProvider,
      clock: clock
    )
  }

  /// A handler of the logger of that name, whose level is shared; `repetition` keeps warnings and errors back that say
  /// the same again.
  public init(
    label: String,
    style: LogStyle,
    threshold: LogThreshold,
    output: LogOutput = .standardError,
    repetition: RepetitionLimit? = nil,
    metadataProvider: Logger.MetadataProvider? = nil,
    clock: @escaping @Sendable () -> LogMoment = { LogMoment.now }
  ) {
    self.label = label
    self.style = style
    self.threshold = threshold
    self.output = output
    self.repetition = repetition
    self.metadataProvider = metadataProvider
    self.clock = clock
  }

  /// A value of this logger's metadata.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a record; the nearer metadata wins: the record's over the logger's over the provider's.
  public func log(event: LogEvent) {
    var all = metadataProvider?.get() ?? [:]
    all.merge(metadata) { _, nearer in nearer }
    if let own = event.metadata { all.merge(own) { _, nearer in nearer } }
    if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
    let moment = clock()
    if let repetition, event.level >= .warning {
      let complaint = RepetitionLimit.Complaint(
        label: label,
        message: "\(event.message)",
        place: ["lane", "agent", "topic"].compactMap { key in all[key].map { "\(key) \($0)" } }
      )
      guard let keptBack = repetition.admit(complaint, at: moment.milliseconds) else { return }
      if keptBack > 0 { all["keptBack"] = .stringConvertible(keptBack) }
    }
    let line = LogLine(
      moment: moment,
      level: event.level,
      logger: label,
      message: "\(event.message)",
      metadata: all
    )
    output.write(line.text(style))
  }
}
