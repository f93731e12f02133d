// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A private exim of `Tests/Support/smtp`, and the mails that it has delivered into its mail box.
public struct MailServer: Sendable {
  /// A delivered mail, as Python's mail library reads it.
  public struct Mail: Decodable, Sendable {
    /// Whom it was delivered to.
    public var envelopeTo: String
    /// Whom it would be returned to.
    public var envelopeFrom: String
    /// The sender: name and address.
    public var from: [String]
    /// The recipients: names and addresses.
    public var to: [[String]]
    /// The subject, decoded.
    public var subject: String
    /// The id of the message.
    public var messageId: String
    /// The names of its headers.
    public var headers: [String]
    /// The text, decoded.
    public var body: String
  }

  private struct Greeting: Decodable {
    var port: Int
  }

  /// What is missing on this machine for such a test; nil where nothing is.
  public static let missing: String? =
    ["/usr/sbin/exim4", "/usr/sbin/exim"].contains { FileManager.default.isExecutableFile(atPath: $0) }
    ? nil : "exim (exim4-daemon-light) is not installed"

  /// The port on 127.0.0.1.
  public let port: Int
  private let process: ChildProcess

  /// Starts a server; returns when it listens.
  public init() async throws {
    process = try ChildProcess(Python.command("smtp/server.py", []))
    port = try JSONDecoder().decode(Greeting.self, from: Data(try await process.line().utf8)).port
  }

  /// The next mail that was delivered.
  public func mail() async throws -> Mail {
    try JSONDecoder().decode(Mail.self, from: Data(try await process.line().utf8))
  }

  /// The next mail that was delivered to an address.
  public func mail(to address: String) async throws -> Mail {
    while true {
      let mail = try await mail()
      if mail.envelopeTo == address { return mail }
    }
  }

  /// Ends the server and everything that it has made.
  public func stop() async throws { try await process.stop() }
}
