// SPDX-License-Identifier: Apache-2.0

import Testing
import Worker

@Suite("Configuration: reference")
struct ConfigurationReferenceTests {
  @Test("docs/CONFIGURATION.md is what the list of keys generates")
  func pageIsUpToDate() throws {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let page = try TextFile.read("\(root)/docs/CONFIGURATION.md")
    #expect(
      page == ConfigurationReference.markdown(),
      "run `presence-worker config check --keys > docs/CONFIGURATION.md`"
    )
  }

  @Test("every key has its row, with a summary that is a sentence")
  func everyKeyHasARow() {
    let page = ConfigurationReference.markdown()
    for key in ConfigurationKey.all {
      #expect(page.contains("| `\(key.name)` | "))
      #expect(key.summary.hasSuffix("."))
    }
  }
}
