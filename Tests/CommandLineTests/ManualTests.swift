// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Testing
import Worker

@testable import presence_worker

@Suite("Manual")
struct ManualTests {
  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/") + "/docs/man/"

  /// What the parser tells of the whole command line, as far as the manual has to say it.
  private struct Description: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String
    }
    struct Argument: Decodable {
      var names: [Name]?
      var valueName: String?
      var abstract: String?
      var shouldDisplay: Bool
    }
    struct Command: Decodable {
      var commandName: String
      var abstract: String?
      var arguments: [Argument]?
      var subcommands: [Command]?
      var shouldDisplay: Bool?
    }
    var command: Command
  }

  /// A command's place in the manual, and what of it stands there.
  private static func entries(_ command: Description.Command) -> [String] {
    var entries: [String] = []
    for argument in command.arguments ?? [] where argument.shouldDisplay {
      let names = (argument.names ?? []).map { $0.kind == "long" ? "-\($0.name)" : $0.name }
      // Short names come first there, and what is no option goes by the name of its value.
      let text =
        names.isEmpty
        ? ".It Ar \(argument.valueName ?? "")"
        : ".It Fl " + names.sorted { $0.count < $1.count }.joined(separator: " , ")
      entries.append(text)
      if let abstract = argument.abstract { entries.append(abstract) }
    }
    for subcommand in command.subcommands ?? [] where subcommand.shouldDisplay ?? true {
      entries.append(".It Em \(subcommand.commandName)")
      if let abstract = subcommand.abstract { entries.append(abstract) }
      entries += Self.entries(subcommand)
    }
    return entries
  }

  @Test("presence-worker(1) has every command and option that --help has, in its order, and no other")
  func isUpToDate() throws {
    let description = try JSONDecoder().decode(Description.self, from: Data(PresenceWorker._dumpHelp().utf8))
    let expected = Self.entries(description.command).map(Self.folded).filter { !$0.isEmpty }
    let page = try TextFile.read(Self.folder + "presence-worker.1")
    let generated = page.components(separatedBy: ".Sh ENVIRONMENT")[0].split(separator: "\n").map {
      Self.folded(String($0))
    }
    var rest = generated[...]
    for entry in expected {
      guard let found = rest.firstIndex(where: { $0.hasPrefix(entry) }) else {
        Issue.record("the manual lacks “\(entry)” at its place: make man")
        return
      }
      rest = rest[(found + 1)...]
    }
    func isItem(_ line: String) -> Bool { line.hasPrefix(".It") }
    #expect(generated.filter(isItem).count == expected.filter(isItem).count, "the manual has what is gone: make man")
  }

  @Test("It ends with what stands in sections.mdoc: every exit status, the environment, signals and files")
  func sections() throws {
    let sections = try TextFile.read(Self.folder + "sections.mdoc")
    let page = try TextFile.read(Self.folder + "presence-worker.1")
    #expect(page.hasSuffix(sections), "make man")
    for status in CommandFailure.Status.allCases { #expect(sections.contains(".It \(status.rawValue)\n")) }
    for name in [EnvironmentName.file, EnvironmentName.prefix, "NO_COLOR", "SIGTERM", "SIGINT", "SIGHUP"] {
      #expect(sections.contains(name), "\(name)")
    }
  }

  /// Letters of ASCII alone: the generator drops all others.
  private static func folded(_ text: String) -> String {
    String(text.unicodeScalars.filter(\.isASCII)).trimmingCharacters(in: .whitespaces)
  }
}
