// SPDX-License-Identifier: Apache-2.0

import AgentTesting
import Testing

@testable import Agents

struct FormatTests {
  @Test(
    "JSON is read as RFC 8259 has it",
    arguments: [
      ("null", .null), (" true ", .bool(true)), ("-12.5e+3", .number("-12.5e+3")), ("\"\"", .string("")),
      (#""a\"\\\/\b\f\n\r\t\u00e4\ud83d\ude42""#, .string("a\"\\/\u{8}\u{C}\n\r\tä🙂")),
      ("[1,[],{}]", .array([.number("1"), .array([]), .object([:])])),
      (#"{"a":{"b":[false]}}"#, .object(["a": .object(["b": .array([.bool(false)])])])),
    ] as [(String, JSONValue)]
  )
  func json(text: String, expected: JSONValue) {
    #expect(JSONValue(Array(text.utf8)) == expected)
  }

  @Test(
    "What is not JSON is refused",
    arguments: [
      "", " ", "nul", "truefalse", "01", "-", "1.", ".5", "1e", "+1", "NaN", "'a'", "\"a", "\"\n\"", #""\x""#,
      #""\ud83d""#, #""\ud83dx""#, #""\ude42""#, #""\u12""#, #""\u+123""#, "[1,]", "[,1]", "[1 2]", "{\"a\":1,}",
      "{a:1}",
      "{\"a\" 1}", "{\"a\":1,\"a\":2}", "{}x", "[", "{", "\u{FEFF}{}",
    ]
  )
  func notJSON(text: String) {
    #expect(JSONValue(Array(text.utf8)) == nil)
  }

  @Test("JSON is refused beyond 64 levels, and where it is not UTF-8")
  func hostileJSON() {
    let nest = { (depth: Int) in
      Array(String(repeating: "[", count: depth).utf8) + Array(String(repeating: "]", count: depth).utf8)
    }
    #expect(JSONValue(nest(64)) != nil)
    #expect(JSONValue(nest(65)) == nil)
    #expect(JSONValue(nest(100_000)) == nil)
    #expect(JSONValue([0x22, 0xC3, 0x22]) == nil)
  }

  @Test(
    "A JSON pointer finds what RFC 6901 says",
    arguments: [
      ("", .found(.object(["a/b": .number("1"), "m~n": .number("2"), "l": .array([.string("x")])]))),
      ("/a~1b", .found(.number("1"))), ("/m~0n", .found(.number("2"))), ("/l/0", .found(.string("x"))),
      ("/l/1", .noParent), ("/l/00", .noParent), ("/l/-", .noParent), ("/x", .absent), ("/x/y", .noParent),
      ("/l/0/y", .noParent),
    ] as [(String, JSONPointer.Target)]
  )
  func pointer(text: String, expected: JSONPointer.Target) throws {
    let document = try #require(JSONValue(Array(#"{"a/b":1,"m~n":2,"l":["x"]}"#.utf8)))
    #expect(try #require(JSONPointer(text)).target(in: document) == expected)
  }

  @Test("What is no JSON pointer is refused", arguments: ["a", "a/b", "/~", "/~2", "/a~"])
  func noPointer(text: String) {
    #expect(JSONPointer(text) == nil)
  }

  @Test("XML is read with entities, comments, sections and namespaces by local name")
  func xml() throws {
    let text = """
      \u{FEFF}<?xml version="1.0" encoding="UTF-8"?>
      <!-- a comment --><p:presence xmlns:p='urn:x' p:type="a&amp;b&#65;&#x42;" type='second'>
        <show>d<!-- x -->nd</show ><status><![CDATA[<In> & out]]> &lt;now&gt;</status><empty/>
      </p:presence>
      """
    let root = try #require(XMLElement.parse(Array(text.utf8)))
    #expect(root.name == "presence")
    #expect(root.attributes == ["type": "a&bAB"])
    #expect(root.child("show")?.trimmedText == "dnd")
    #expect(root.child("status")?.trimmedText == "<In> & out <now>")
    #expect(root.child("empty") == XMLElement(name: "empty"))
  }

  @Test(
    "XML that could hurt, or is none, is refused",
    arguments: [
      "", "x", "<a>", "<a></b>", "<a/><b/>", "<a", "<a b/>", "<a b=c/>", "<a b='c' b='d'/>", "<a b='<'/>", "<1/>",
      "</a>",
      "<a>&nbsp;</a>", "<a>&</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#;</a>", "<a>&#x;</a>", "<a>\u{1}</a>",
      "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
      "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a><!DOCTYPE b></a>", "<?php x?><a/>", "<a><?x y?></a>",
      "<?xml version='1.0'?", "<a><![CDATA[x</a>", "<a><!-- x</a>", "<a b='c'd='e'/>",
    ]
  )
  func notXML(text: String) {
    #expect(XMLElement.parse(Array(text.utf8)) == nil)
  }

  @Test("XML is refused beyond 64 levels, and where it is not UTF-8")
  func hostileXML() {
    let nest = { (depth: Int) in
      Array((String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)).utf8)
    }
    #expect(XMLElement.parse(nest(64)) != nil)
    #expect(XMLElement.parse(nest(65)) == nil)
    #expect(XMLElement.parse(nest(50_000)) == nil)
    #expect(XMLElement.parse(Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) == nil)
    #expect(XMLElement.parse([0xFE, 0xFF, 0x00, 0x3C]) == nil)
  }

  @Test(
    "An XML path tells what is there, what is absent, and what has another form",
    arguments: [
      ("p/show", .found("dnd")), ("p/@type", .found("x")), ("p/status", .absent), ("p/@id", .absent),
      ("p/show/@id", .absent), ("p/status/@id", .noParent), ("p/status/x", .noParent), ("q/show", .noParent),
      ("p", .found("")),
    ] as [(String, XMLPath.Target)]
  )
  func path(text: String, expected: XMLPath.Target) throws {
    let root = try #require(XMLElement.parse(Array("<p type='x'> <show> dnd </show> </p>".utf8)))
    #expect(try #require(XMLPath(text)).target(in: root) == expected)
  }

  @Test("What is no XML path is refused", arguments: ["", "/", "a/", "/a", "@a", "a/@", "a/@b/c", "a//b"])
  func noPath(text: String) {
    #expect(XMLPath(text) == nil)
  }

  @Test("A hundred thousand mutated documents are parsed or refused, and crash nothing")
  func mutations() {
    var random = SystemRandomNumberGenerator()
    let seeds = [
      #"{"jid":"jane@corp","show":"dnd","status":"In \ud83d\ude42","l":[1.5e3,true,null]}"#,
      #"<?xml version="1.0"?><p a="&amp;"><show>dnd</show><![CDATA[x]]><!-- c --></p>"#,
    ].map { Array($0.utf8) }
    let interesting: [UInt8] = [0, 0x20, 0x22, 0x26, 0x3B, 0x3C, 0x3E, 0x5B, 0x5C, 0x5D, 0x7B, 0x7D, 0xC3, 0xED, 0xFF]
    for _ in 0..<50_000 {
      for seed in seeds {
        var bytes = seed
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let index = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: bytes[index] = interesting.randomElement(using: &random) ?? 0
          case 1: bytes.remove(at: index)
          default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: index)
          }
        }
        _ = JSONValue(bytes)
        _ = XMLElement.parse(bytes)
      }
    }
  }
}
