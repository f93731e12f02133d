// SPDX-License-Identifier: Apache-2.0

/// What became of one produced record.
public struct KafkaDelivery: Sendable, Equatable {
  /// The topic, as the producer numbers it.
  public let topic: KafkaTopic

  /// The partition; -1 for a record that never got one.
  public let partition: Int32

  /// The offset the record was written at; nil where it failed, and for a record that was found to be written already
  /// when it was retried.
  public let offset: Int64?

  /// What the caller passed to `produce`.
  public let token: UInt

  /// Why the record was not written; nil where it was.
  public let error: KafkaError?
}
