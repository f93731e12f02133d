// SPDX-License-Identifier: Apache-2.0

import CRdKafka

/// The librdkafka that this process uses.
public enum KafkaLibrary {
  /// Its version, such as `2.0.2`.
  public static var version: String { String(cString: rd_kafka_version_str()) }
}
