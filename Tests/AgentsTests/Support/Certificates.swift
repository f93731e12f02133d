// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A private authority, and a server's certificate of it, for as long as a test runs.
struct Certificates {
  static let isPossible: Bool = {
    do {
      try run(["version"])
      return true
    } catch {
      return false  // not installed
    }
  }()

  let folder: URL
  var authority: String { folder.appendingPathComponent("ca.pem").path }
  var server: LocalHTTPServer.TLS {
    LocalHTTPServer.TLS(
      certificate: folder.appendingPathComponent("server.pem").path,
      key: folder.appendingPathComponent("server.key").path
    )
  }

  init(host: String) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("certificates-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    let path = { [folder] (name: String) in folder.appendingPathComponent(name).path }
    try Self.run(["req", "-x509", "-subj", "/CN=Test authority", "-keyout", path("ca.key"), "-out", authority] + key)
    try Self.run(
      [
        "req", "-x509", "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)", "-addext",
        "basicConstraints=critical,CA:FALSE", "-CA", authority, "-CAkey", path("ca.key"), "-keyout",
        path("server.key"), "-out", path("server.pem"),
      ] + key
    )
  }

  /// A PEM file with the server's certificate and its key.
  func combined() throws -> String {
    let files = [server.certificate, server.key]
    let file = folder.appendingPathComponent("combined.pem")
    try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }.reduce(Data(), +).write(to: file)
    return file.path
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }  // a temporary folder

  private static func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["openssl"] + arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.runOneAtATime()
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw CocoaError(.executableLoad) }
  }
}
