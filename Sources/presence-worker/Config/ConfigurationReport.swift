// SPDX-License-Identifier: Apache-2.0

import Worker

/// What is in effect, and from where, as lines.
struct ConfigurationReport {
  private let loaded: LoadedConfiguration
  private let showsDefaults: Bool

  init(_ loaded: LoadedConfiguration, showsDefaults: Bool) {
    self.loaded = loaded
    self.showsDefaults = showsDefaults
  }

  func lines(_ ink: Ink) -> [String] {
    var table = TextTable(["key", "value", "from"])
    var defaults = 0
    for key in ConfigurationKey.all {
      let origin = loaded.origin(of: key.name)
      guard origin != .fallback || showsDefaults else {
        defaults += 1
        continue
      }
      table.add([key.name, key.value(in: loaded.configuration), "\(origin)"])
    }
    var lines = [ink("The configuration is right.", .good)]
    if defaults < ConfigurationKey.all.count { lines += [""] + table.lines(ink) }
    if defaults > 0 { lines += ["", ink("\(defaults) more are defaults; --all shows them", .faint)] }
    return lines
  }
}
