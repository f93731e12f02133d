// SPDX-License-Identifier: Apache-2.0

/// Puts a configuration together: command line over environment over file over defaults.
///
/// Stages:
/// 1. each source is turned into assignments of inputs to keys; what names no key is a problem, with a suggestion;
/// 2. the assignments are made in rising order of precedence; what does not fit is a problem;
/// 3. the values are checked against each other, by librdkafka, and by whoever else has a say (`checks`);
/// 4. problems of all stages are thrown together, so that nobody mends a file one line at a time.
public struct ConfigurationLoader: Sendable {
  /// An option of the command line that sets a key.
  public struct Option: Sendable {
    /// The key, such as `enricher.lanes` or `kafka.properties.linger.ms`.
    public var key: String
    /// The value as it was written.
    public var text: String
    /// The option for messages, such as `--lanes`.
    public var name: String

    /// An option that sets `key`.
    public init(key: String, text: String, name: String = "--set") {
      self.key = key
      self.text = text
      self.name = name
    }
  }

  /// The file's path for messages and its text; nil for none.
  public var file: (path: String, text: String)?
  /// The environment; variables that do not begin with `PRESENCE_` are not looked at.
  public var environment: [String: String] = [:]
  /// The options of the command line, later ones over earlier ones.
  public var options: [Option] = []
  /// Reads the files that `…File` keys name.
  public var readFile: @Sendable (String) throws(ConfigurationFileError) -> String = TextFile.read
  /// What others have to say of a configuration: agents of theirs.
  public var checks: [@Sendable (WorkerConfiguration) -> [ConfigurationProblem]] = []

  /// A loader of nothing but the defaults.
  public init() {}

  /// The configuration in effect.
  ///
  /// - Throws: every problem of every source.
  public func load() throws(ConfigurationError) -> LoadedConfiguration {
    var assignments: [ConfigurationAssignment] = []
    var problems: [ConfigurationProblem] = []
    for found in [fileAssignments(), environmentAssignments(), optionAssignments()] {
      assignments += found.assignments
      problems += found.problems
    }

    var loaded = LoadedConfiguration(configuration: WorkerConfiguration())
    var broken: Set<String> = []
    for assignment in assignments {
      let input = ConfigurationInput(
        key: assignment.key.name,
        node: assignment.node,
        origin: assignment.origin,
        readFile: readFile
      )
      do throws(ConfigurationMisfits) {
        try assignment.key.assign(input, &loaded.configuration)
        loaded.note(assignment)
      } catch {
        broken.insert(assignment.key.name)
        problems += error.misfits.map { misfit in
          ConfigurationProblem(
            key: misfit.part.isEmpty ? assignment.key.name : "\(assignment.key.name).\(misfit.part)",
            value: misfit.value,
            origin: assignment.origin,
            expected: misfit.expected
          )
        }
      }
    }

    let together =
      loaded.configuration.problems(exceptFor: broken) + loaded.configuration.kafka.problems()
      + checks.flatMap { $0(loaded.configuration) }
    problems += together.map { problem in
      var located = problem
      if located.origin == nil { located.origin = loaded.origin(of: problem.key) }
      return located
    }
    guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    return loaded
  }
}

/// A configuration and where its values came from.
public struct LoadedConfiguration: Sendable {
  /// The values in effect.
  public var configuration: WorkerConfiguration
  /// Where each came from that is not a default, by key; librdkafka's properties each by themselves.
  public private(set) var origins: [String: ConfigurationOrigin] = [:]

  init(configuration: WorkerConfiguration) { self.configuration = configuration }

  /// Where the value of a key, or of a librdkafka property under a key, came from.
  public func origin(of key: String) -> ConfigurationOrigin {
    if let exact = origins[key] { return exact }
    let owner = ConfigurationKey.all.first { owner in
      key.hasPrefix(owner.name) && [".", "["].contains(key.dropFirst(owner.name.count).first)
    }
    guard let owner, let origin = origins[owner.name] else { return .fallback }
    // Agents and enterprise connections are read elsewhere, which knows keys and not lines.
    guard case .file(let path, _) = origin, let node = owner.document(in: configuration) else { return origin }
    return .file(path: path, line: node.line(of: key.dropFirst(owner.name.count)))
  }

  mutating func note(_ assignment: ConfigurationAssignment) {
    origins[assignment.key.name] = assignment.origin
    guard assignment.key.isOpen, case .mapping(let entries) = assignment.node.content else { return }
    for entry in entries {
      var origin = assignment.origin
      if case .file(let path, _) = origin { origin = .file(path: path, line: entry.value.line) }
      origins["\(assignment.key.name).\(entry.key)"] = origin
    }
  }
}

/// A value on its way to a key.
struct ConfigurationAssignment: Sendable {
  var key: ConfigurationKey
  var node: ConfigurationNode
  var origin: ConfigurationOrigin
}
