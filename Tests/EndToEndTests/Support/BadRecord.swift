// SPDX-License-Identifier: Apache-2.0

import Testing

/// A record that cannot be processed, and what its dead letter has to say.
struct BadRecord: Sendable, CustomTestStringConvertible {
  var name: String
  var topic: String
  var key: [UInt8]?
  var value: [UInt8]?
  var headers: [KafkaClient.Header]
  var partition: Int32?
  var code: String
  /// What the message names: the field, the value, or both.
  var message: [String]

  var testDescription: String { name }

  /// A bad record under the key of `user`.
  private init(
    _ name: String,
    topic: String = "presence.changes",
    user: String? = "bad",
    _ value: String?,
    headers: [KafkaClient.Header] = [],
    partition: Int32? = nil,
    _ code: String,
    _ message: String...
  ) {
    self.name = name
    self.topic = topic
    key = user.map { Array($0.utf8) }
    self.value = value.map { Array($0.utf8) }
    self.headers = headers
    self.partition = partition
    self.code = code
    self.message = message
  }

  private func with(value: [UInt8]) -> BadRecord {
    var copy = self
    copy.value = value
    return copy
  }

  private func with(key: [UInt8]) -> BadRecord {
    var copy = self
    copy.key = key
    return copy
  }

  static let all = documents + fields + times + envelopes + keys + otherTopics

  /// A change of `bad` with these fields instead of the right ones.
  private static func change(
    user: String = #""bad""#,
    source: String = #""gateway""#,
    state: String = #""busy""#,
    observedAt: String = #""2026-01-01T00:00:00Z""#,
    more: String = ""
  ) -> String {
    #"{"user":\#(user),"source":\#(source),"state":\#(state),"observedAt":\#(observedAt)\#(more)}"#
  }

  /// Values that are no JSON object.
  private static let documents = [
    BadRecord("truncated JSON", #"{"user":"bad","source":"gat"#, "malformedJson", "JSON"),
    BadRecord("no JSON", "busy until three", "malformedJson", "JSON"),
    BadRecord("two documents", change() + change(), "malformedJson", "JSON"),
    BadRecord("an array", "[\(change())]", "wrongType", "object", "array"),
    BadRecord("an empty value", "", "emptyValue", "empty"),
    BadRecord("a null value", nil, "emptyValue", "empty"),
    BadRecord("invalid UTF-8", "", "invalidUtf8", "UTF-8")
      .with(value: Array(#"{"user":"bad","source":""#.utf8) + [0xC3, 0x28] + Array(#""}"#.utf8)),
    BadRecord("brackets without end", String(repeating: "[", count: 100_000), "malformedJson", "JSON"),
    BadRecord(
      "deep nesting",
      String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000),
      "malformedJson",
      "nested",
      "32"
    ),
    BadRecord(
      "deep nesting in an unknown field",
      change(more: #","x":"# + String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)),
      "malformedJson",
      "nested",
      "32"
    ),
    BadRecord("a field twice", change(more: #","state":"away""#), "duplicateField", "state"),
  ]

  /// Fields that are not what they should be.
  private static let fields = [
    BadRecord("a number for a state", change(state: "7"), "wrongType", "state", "number"),
    BadRecord("an object for a user", change(user: "{}"), "wrongType", "user", "object"),
    BadRecord("no user", #"{"source":"gateway","observedAt":"2026-01-01T00:00:00Z"}"#, "missingField", "user"),
    BadRecord("no source", #"{"user":"bad","observedAt":"2026-01-01T00:00:00Z"}"#, "missingField", "source"),
    BadRecord("no time", #"{"user":"bad","source":"gateway"}"#, "missingField", "observedAt"),
    BadRecord("an empty user", change(user: #""""#), "missingField", "user"),
    BadRecord("a control in a user", change(user: #""ba\nd""#), "invalidValue", "user", "control"),
    BadRecord("an unknown state", change(state: #""sleeping""#), "invalidValue", "state", "sleeping", "online"),
    BadRecord("a fraction for a sequence", change(more: #","sequence":1.5"#), "invalidValue", "sequence", "1.5"),
    BadRecord("a negative lease", change(more: #","leaseSeconds":-1"#), "invalidValue", "leaseSeconds", "-1"),
    BadRecord("no IM address", change(more: #","imAddress":"fax:12345""#), "invalidValue", "imAddress"),
    BadRecord(
      "a failure of no look-up",
      change(more: #","failure":{"code":"timeout"}"#),
      "missingField",
      "lookupId"
    ),
    BadRecord(
      "a megabyte of user",
      change(user: #""\#(String(repeating: "a", count: 900_000))""#),
      "tooLarge",
      "user",
      "900000"
    ),
    BadRecord(
      "a megabyte of address",
      change(more: #","imAddress":"sip:\#(String(repeating: "a", count: 900_000))@corp.example""#),
      "tooLarge",
      "imAddress"
    ),
  ]

  private static let times = [
    BadRecord("the year 9999", change(observedAt: #""9999-12-31T23:59:59Z""#), "invalidValue", "observedAt", "9999"),
    BadRecord("the year 1970", change(observedAt: #""1970-01-01T00:00:00Z""#), "invalidValue", "observedAt", "1970"),
    BadRecord("next century", change(observedAt: #""2101-01-01T00:00:00Z""#), "invalidValue", "observedAt", "2101"),
    BadRecord("no time of this world", change(observedAt: #""yesterday""#), "invalidValue", "observedAt", "yesterday"),
    BadRecord("a number for a time", change(observedAt: "1700000000"), "wrongType", "observedAt", "number"),
    BadRecord("the 30th of February", change(observedAt: #""2026-02-30T00:00:00Z""#), "invalidValue", "2026-02-30"),
  ]

  private static let structured = [KafkaClient.Header("content-type", "application/cloudevents+json")]

  private static let envelopes = [
    BadRecord(
      "a structured event of another type",
      #"{"specversion":"1.0","type":"com.example.order.v1","id":"1","source":"/x","data":\#(change())}"#,
      headers: structured,
      "foreignType",
      "type",
      "com.example.order.v1",
      "presence.change.v1"
    ),
    BadRecord(
      "a structured event without data",
      #"{"specversion":"1.0","type":"presence.change.v1","id":"1","source":"/x"}"#,
      headers: structured,
      "missingField",
      "data"
    ),
    BadRecord("a structured event that is none", change(), headers: structured, "missingField", "specversion"),
    BadRecord(
      "a binary event of another type",
      change(),
      headers: [.init("ce_specversion", "1.0"), .init("ce_type", "user.profile.v1")],
      "foreignType",
      "ce_type",
      "user.profile.v1"
    ),
    BadRecord(
      "an event of another version",
      change(),
      headers: [.init("ce_specversion", "0.3"), .init("ce_type", "presence.change.v1")],
      "unsupportedVersion",
      "ce_specversion",
      "0.3"
    ),
    BadRecord(
      "another content type",
      change(),
      headers: [.init("content-type", "application/avro")],
      "unsupportedContentType",
      "content-type",
      "application/avro"
    ),
  ]

  private static let keys = [
    BadRecord("the key of somebody else", user: "other", change(), "keyMismatch", "user", "b***", "o***"),
    BadRecord("an empty key", user: "", change(), "keyMismatch", "user", "b***"),
    BadRecord("a key that is no text", change(), "keyMismatch", "user", "b***").with(key: [0xFF, 0xFE, 0x00]),
    BadRecord(
      "a misplaced null key, for the second time",
      user: nil,
      change(),
      headers: [.init("presence-rerouted", "1")],
      partition: (Stage.partition(of: "bad") + 1) % Stage.partitions,
      "wrongPartition",
      "partitioner=murmur2_random"
    ),
  ]

  private static func request(
    requester: String = #"{"user":"rob"}"#,
    channel: String = "auto",
    requestedAt: String = "2026-01-01T00:00:00Z",
    more: String = ""
  ) -> String {
    #"{"id":"r1","requester":\#(requester),"recipient":"bad","channel":"\#(channel)","#
      + #""requestedAt":"\#(requestedAt)"\#(more)}"#
  }

  private static let otherTopics = [
    BadRecord(
      "a request on an unknown channel",
      topic: "contact.requests",
      request(channel: "pigeon"),
      "invalidValue",
      "channel",
      "pigeon"
    ),
    BadRecord(
      "a request of nobody",
      topic: "contact.requests",
      request(requester: "{}"),
      "missingField",
      "requester.user"
    ),
    BadRecord(
      "a request with a header in its subject",
      topic: "contact.requests",
      request(more: #","subject":"Hello\r\nBcc: all@corp.example""#),
      "invalidValue",
      "subject",
      "control"
    ),
    BadRecord(
      "a request of the year 9999",
      topic: "contact.requests",
      request(requestedAt: "9999-12-31T23:59:59Z"),
      "invalidValue",
      "requestedAt",
      "9999"
    ),
    BadRecord(
      "a request with a body beyond the limit",
      topic: "contact.requests",
      request(more: #","body":"\#(String(repeating: "a", count: 262_145))""#),
      "tooLarge",
      "body",
      "262145",
      "262144"
    ),
    BadRecord("a request without value", topic: "contact.requests", nil, "emptyValue", "empty"),
    BadRecord(
      "a profile with a bad mail address",
      topic: "user.profiles",
      #"{"user":"bad","mail":"not an address"}"#,
      "invalidValue",
      "mail"
    ),
    BadRecord(
      "a profile of somebody else",
      topic: "user.profiles",
      #"{"user":"wrong"}"#,
      "keyMismatch",
      "user",
      "w***"
    ),
    BadRecord(
      "a tombstone of nobody",
      topic: "user.profiles",
      user: nil,
      nil,
      partition: 0,
      "invalidKey",
      "key"
    ),
    BadRecord("a look-up that is none", topic: "presence.lookups", #"{"user":"bad"}"#, "missingField", "lookupId"),
    BadRecord("a look-up without value", topic: "presence.lookups", nil, "emptyValue", "empty"),
  ]
}
