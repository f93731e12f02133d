// SPDX-License-Identifier: Apache-2.0

/// Finds the name that somebody meant who wrote one that does not exist.
public enum NearestName {
  /// The candidate nearest to `name`, or nil where none is near enough to be worth a suggestion.
  ///
  /// Case, hyphens and underscores do not count. A candidate whose last part is the name itself is taken at once, so
  /// that `lanes` finds `enricher.lanes`; else the fewest insertions, deletions, replacements and swaps of neighbours
  /// win, and at most a third of the name may differ.
  public static func of(_ name: String, among candidates: [String]) -> String? {
    let wanted = folded(name)
    let lastPart = wanted.lastIndex(of: dot).map { Array(wanted[($0 + 1)...]) } ?? wanted
    let limit = max(1, wanted.count / 3)
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let other = folded(candidate)
      var distance = editDistance(wanted, other, limit: limit)
      if distance > limit, other.last == lastPart.last, other.suffix(lastPart.count + 1) == [dot] + lastPart {
        distance = limit
      }
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
  }

  private static let dot = UInt8(ascii: ".")

  private static func folded(_ name: String) -> [UInt8] {
    name.lowercased().utf8.filter { $0 != UInt8(ascii: "-") && $0 != UInt8(ascii: "_") }
  }

  /// The optimal-string-alignment distance; anything above `limit` where it is beyond that.
  static func editDistance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int {
    guard abs(left.count - right.count) <= limit else { return limit + 1 }
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in 1..<left.count + 1 {
      var current = [row] + [Int](repeating: 0, count: right.count)
      for column in 1..<right.count + 1 {
        let replacement = last[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
        var distance = min(last[column] + 1, current[column - 1] + 1, replacement)
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          distance = min(distance, beforeLast[column - 2] + 1)
        }
        current[column] = distance
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
