// SPDX-License-Identifier: Apache-2.0

import Kafka
import Worker

/// Where a key belongs.
enum Placement {
  static func partition(of user: String, count: Int32) -> Int32 {
    Array(user.utf8).withUnsafeBytes { JavaPartitioner.partition(ofKey: $0, count: count) }
  }
}
