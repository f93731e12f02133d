// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Reads whole text files.
public enum TextFile {
  /// The text of a file of a configuration, at most 4 MiB.
  ///
  /// - Throws: the system's reason where it cannot be read; also where it is not UTF-8 or larger.
  public static func read(_ path: String) throws(ConfigurationFileError) -> String {
    try read(path, limit: 4 << 20)
  }

  /// The text of a file of at most `limit` bytes.
  ///
  /// - Throws: as `read(_:)`.
  public static func read(_ path: String, limit: Int) throws(ConfigurationFileError) -> String {
    guard let file = fopen(path, "re") else { throw ConfigurationFileError(reason: systemReason()) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 {
        guard ferror(file) == 0 else { throw ConfigurationFileError(reason: systemReason()) }
        break
      }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw ConfigurationFileError(reason: "larger than \(limit) bytes") }
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationFileError(reason: "not UTF-8")
    }
    return text
  }

  private static func systemReason() -> String {
    let code = errno
    return String(cString: strerror(code))
  }
}
