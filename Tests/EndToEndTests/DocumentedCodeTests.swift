// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Code in documents that says where it is from is the code that is there.
@Suite struct DocumentedCodeTests {
  private static let documents = ExampleService.folder.deletingLastPathComponent()

  @Test(arguments: ["READING_SNAPSHOTS.md", "CONSUMING_DISPATCHES.md"])
  func quotedCodeIsTheFilesCode(_ name: String) throws {
    let text = try String(contentsOf: Self.documents.appendingPathComponent(name), encoding: .utf8)
    let quotes = text.matches(of: /<!-- (examples\/[^ ]+) -->\n```[a-z]+\n((?s).*?)\n```/)
    #expect(!quotes.isEmpty)
    for quote in quotes {
      let file = try String(contentsOf: Self.documents.appendingPathComponent(String(quote.1)), encoding: .utf8)
      let isThere = file.contains(quote.2)
      #expect(isThere, "\(name) quotes \(quote.1) as it no longer is: \(quote.2.prefix(80))")
    }
  }
}
