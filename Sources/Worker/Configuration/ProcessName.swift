// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The name of a process that was given none.
enum ProcessName {
  /// The host's name and eight random hexadecimal digits, drawn once per process.
  ///
  /// The random part keeps two processes on one host apart: with equal transactional ids they would fence each other
  /// for ever.
  static let generated = "\(host)-\(suffix(of: UInt32.random(in: .min ... .max)))"

  static func suffix(of number: UInt32) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// The host's name, without what Kafka does not take in names.
  static let host = hostName()

  private static func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "worker" }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let allowed = bytes.filter { byte in
      (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
        || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: ".")
    }
    return allowed.isEmpty ? "worker" : String(decoding: allowed, as: UTF8.self)
  }
}
