// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where a secret is to be found; configurations have references and never secrets.
public enum SecretReference: Hashable, Sendable {
  /// In this environment variable.
  case environment(String)
  /// In this file, without the newline at its end.
  case file(String)

  /// Why there is no secret.
  public struct Problem: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, without the secret.
    public let description: String
  }

  /// Fetches the secret.
  public func resolve() throws(Problem) -> Secret {
    let value: String
    switch self {
    case .environment(let name):
      guard let text = getenv(name) else { throw Problem(description: "the environment has no \(name)") }
      value = String(cString: text)
    case .file(let path):
      guard let text = Self.contents(of: path) else { throw Problem(description: "\(path) cannot be read") }
      value = text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
    guard !value.isEmpty else { throw Problem(description: "the secret is empty") }
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw Problem(description: "the secret has a control character")
    }
    return Secret(value)
  }

  /// The text of a file of at most 64 KiB.
  private static func contents(of path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0, count < bytes.count else { return nil }
    return String(validating: bytes[..<count], as: UTF8.self)
  }
}
