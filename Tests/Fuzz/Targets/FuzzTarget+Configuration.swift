// SPDX-License-Identifier: Apache-2.0

import Worker

extension FuzzTarget {
  /// The worker's own configuration file.
  static let configurations = [
    FuzzTarget("worker-configuration") { bytes in
      var loader = ConfigurationLoader()
      loader.file = (path: "worker.yaml", text: text(bytes))
      loader.readFile = { _ throws(ConfigurationFileError) in throw ConfigurationFileError(reason: "none is read here")
      }
      do throws(ConfigurationError) {
        _ = try loader.load()
      } catch {
        promise(!error.problems.isEmpty, "what is refused has a reason")
        for problem in error.problems {
          let isOneLine = problem.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
          promise(isOneLine, "a problem is one line: \(problem)")
        }
      }
    }
  ]
}
