// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// The Python that runs the scripts of `Tests/Support`.
public enum Python {
  /// The folder with the scripts.
  public static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

  /// The interpreter of the package's virtual environment where `.ci/install test` has made one, else the system's.
  public static let interpreter: String = {
    let own = scripts.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
      ".venv/bin/python3"
    )
    return FileManager.default.isExecutableFile(atPath: own.path) ? own.path : "python3"
  }()

  /// Whether these packages are there to be imported.
  public static func has(_ packages: String...) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [interpreter, "-c", "import \(packages.joined(separator: ", "))"]
    process.standardError = FileHandle.nullDevice
    do {
      try process.runOneAtATime()
    } catch {
      return false  // no Python at all
    }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  /// Whether a program is in the path.
  public static func finds(_ program: String) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
  }

  /// The command that runs a script of `Tests/Support`.
  public static func command(_ script: String, _ arguments: [String]) -> [String] {
    [interpreter, scripts.appendingPathComponent(script).path] + arguments
  }
}
