// SPDX-License-Identifier: Apache-2.0

/// Yields until a condition holds; throws when the test's time limit cancels it, which a bare loop of yields would not
/// notice.
public func waitUntil(_ holds: () async throws -> Bool) async throws {
  while !(try await holds()) {
    try Task.checkCancellation()
    await Task.yield()
  }
}
