// SPDX-License-Identifier: Apache-2.0

/// The version of the worker.
enum WorkerVersion {
  /// By semantic versioning.
  static let current = "0.1.0"
}
