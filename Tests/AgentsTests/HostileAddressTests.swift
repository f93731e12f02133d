// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel
import Testing

@testable import Agents

/// Addresses that would like to change what an agent asks, for every type of agent.
struct HostileAddressTests {
  private static let agents = """
    - {type: url, name: url, url: "https://net.example/a/{local}/b?c={body}", state: {json: /x, values: {a: online}}}
    - {type: url, name: body, url: "https://net.example/a", body: '{"u":"{body}"}', state: {json: /x, values: {a: busy}}}
    - {type: ejabberd, name: ejabberd, url: "https://net.example/a", host: corp.example}
    - {type: webpresence, name: webpresence, url: "https://net.example/a", host: corp.example}
    - {type: openfire, name: openfire, url: "https://net.example/a", host: corp.example, requester: me@corp.example}
    - {type: ucwa, name: ucwa, url: "https://net.example/a", userDomain: corp.example, credentials: &token {token: {env: PATH}}}
    - {type: graph, name: graph, url: "https://net.example/a", credentials: *token}
    - {type: matrix, name: matrix, url: "https://net.example/a", server: corp.example, credentials: *token}
    - {type: slack, name: slack, url: "https://net.example/a", credentials: *token}
    - {type: yahoo, name: yahoo, url: "https://net.example/a"}
    - {type: icq, name: icq, url: "https://net.example/a"}
    """

  private static let addresses = [
    "..", ".", "../x", "a/../../admin", "..%2f..%2fadmin", "%2e%2e", "a?b=c", "a#b", "a&m=g", "a;b", "a%0d%0aX:y",
    "user:pw@evil.example", "a@evil.example/", "a@evil.example:80", "a@evil.example?x", "a@..", "a@../..", "//evil",
    "a'b", "a''b@corp.example", "a' or true", "a){}", "{local}", "{domain}@{local}", "a,b@corp.example",
    "a|b^c`d", "jürgen@bücher.example", "🙂@corp.example", "@a:b/../c", "@..:..", "a@b@c", "a+b@corp.example",
  ]

  /// The paths, without what is in the segments and values of addresses, that agents ask for.
  private static let forms: [String: [String]] = [
    "url": ["/a/*/b?c=*"], "body": ["/a"], "ejabberd": ["/a/user_sessions_info"],
    "webpresence": ["/a/jid/*/*/xml"], "openfire": ["/a/presence/status?jid=*&req_jid=*&type=*"],
    "ucwa": ["/a", "/a/1/people/*/presence", "/a/1/people/*/note"], "graph": ["/a/$batch"],
    "matrix": ["/a/_matrix/client/v3/presence/*/status"],
    "slack": [
      "/a/users.lookupByEmail?email=*", "/a/users.getPresence?user=*", "/a/dnd.info?user=*",
      "/a/users.profile.get?user=*",
    ],
    "yahoo": ["/a/online?u=*&m=*&t=*"], "icq": ["/a/online.gif?icq=*&img=*"],
  ]

  @Test("No address changes host, path or query, or adds a header field", arguments: forms.keys.sorted())
  func requests(name: String) async throws {
    let list = try configurations(
      Self.agents.replacing("{type", with: "{claims: [{pattern: \"*\"}], type")
    )
    let configuration = try #require(
      list.first { AgentBlueprint($0, path: "a", isEnterprise: false, .init())?.common.name == name }
    )
    let findings = ConfigurationReader.Findings()
    let blueprint = try #require(AgentBlueprint(configuration, path: "a", isEnterprise: false, findings))
    #expect(findings.problems == [])
    let client = StubHTTPClient { request in
      request.method == "POST" && request.url.hasSuffix("/a")
        ? AgentHTTPResponse(status: 201, body: Array(#"{"_links":{"self":{"href":"/a/1"}}}"#.utf8))
        : AgentHTTPResponse(status: 200, body: Array(#"{"ok":true,"user":{"id":"U123"},"presence":"active"}"#.utf8))
    }
    let agent = try blueprint.make(client, blueprint.common.credentials.resolve())
    var refused = 0
    for text in Self.addresses {
      guard let address = try? IMAddress(text) else { continue }  // refused before any agent sees it
      do throws(AgentError) {
        _ = try await agent.presence(of: [address], timeout: .seconds(600))
      } catch {
        if error.code == .unusableAddress { refused += 1 }
      }
    }
    for request in client.asked {
      #expect(Self.forms[name]?.contains { Self.isOf($0, request.url) } == true, "\(request.url)")
      #expect(request.headers.allSatisfy { ["Authorization", "Accept", "Content-Type"].contains($0.name) })
      if let body = request.body { #expect(JSONValue(body) != nil, "\(String(decoding: body, as: UTF8.self))") }
    }
    #expect(refused > 0 || !["url", "webpresence"].contains(name))
  }

  /// Whether a URL is of the host and of a form, in which `*` is one segment or one value.
  private static func isOf(_ form: String, _ url: String) -> Bool {
    let host = "https://net.example"
    guard url.hasPrefix(host + "/"), url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
      return false
    }
    let forms = pieces(of: form)
    let urls = pieces(of: String(url.dropFirst(host.count)))
    let query = urls.firstIndex(of: "?") ?? urls.count
    return forms.count == urls.count
      && urls.indices.allSatisfy { index in
        if forms[index] == urls[index] { return true }
        return forms[index] == "*" && (index > query || !["", ".", ".."].contains(urls[index]))
      }
  }

  /// Segments, and names and values of fields, with the delimiters between them.
  private static func pieces(of reference: String) -> [String] {
    var pieces = [""]
    for character in reference {
      if "/?&=".contains(character) {
        pieces += [String(character), ""]
      } else {
        pieces[pieces.count - 1].append(character)
      }
    }
    return pieces
  }
}
