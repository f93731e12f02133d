// SPDX-License-Identifier: Apache-2.0

/// A table of plain text whose columns are as wide as what is in them.
struct TextTable {
  private let headings: [String]
  private var rows: [[String]] = []

  /// A table with these headings.
  init(_ headings: [String]) { self.headings = headings }

  /// Adds a row; missing cells are empty.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The lines of the table; the last column is not padded, so that nothing trails.
  func lines(_ ink: Ink) -> [String] {
    let widths = headings.indices.map { column in
      ([headings] + rows).map { $0.indices.contains(column) ? DisplayText.width(of: $0[column]) : 0 }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      var text = headings.indices.map { column in
        DisplayText.padded(cells.indices.contains(column) ? cells[column] : "", to: widths[column])
      }
      .joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text
    }
    return [ink(line(headings), .faint)] + rows.map(line)
  }
}
