// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A parser that is fed whatever bytes there are: it takes them or refuses them, and neither crashes nor breaks what it
/// promises.
public struct FuzzTarget: Sendable {
  /// The target's name, and that of its folder of samples in `Tests/Fuzz/Corpus`.
  public let name: String
  /// Feeds the parser; ends the process where a promise is broken.
  public let run: @Sendable ([UInt8]) -> Void

  /// A target.
  public init(_ name: String, _ run: @escaping @Sendable ([UInt8]) -> Void) {
    self.name = name
    self.run = run
  }

  /// All targets; another parser comes in by one more line here or in a list of its own.
  public static let all = configurations + events + formats + networks + sip + addresses

  /// The target of a name.
  public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }

  /// The target of a name; ends the process where there is none.
  public static func chosen(_ name: String) -> FuzzTarget {
    guard let target = named(name) else {
      fatalError("There is no target \"\(name)\". There are: \(all.map(\.name).joined(separator: ", "))")
    }
    return target
  }

  /// The folder with the samples of all targets.
  private static let corpus = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Corpus")

  /// The names of the folders with samples.
  public static func folders() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: corpus.path).sorted()
  }

  /// The samples that mutations start from.
  public func samples() throws -> [[UInt8]] {
    let folder = Self.corpus.appendingPathComponent(name)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      Array(try Data(contentsOf: folder.appendingPathComponent($0)))
    }
  }
}

/// Ends the process where a parser breaks what it promises.
func promise(_ isKept: Bool, _ what: @autoclosure () -> String) {
  if !isKept { fatalError("broken: \(what())") }
}
