// SPDX-License-Identifier: Apache-2.0

import PresenceModel

extension ConfigurationReader {
  /// One of the four states.
  func presenceState(_ key: String, _ value: ConfigurationValue) -> PresenceState? {
    guard case .scalar(let text) = value else {
      report(key, nil, "must be online, busy, away or offline")
      return nil
    }
    if let state = ByteView.withView(of: text, { PresenceState(wireName: $0) }) { return state }
    report(key, text, "must be online, busy, away or offline")
    return nil
  }

  /// Which text means which state.
  func states(_ key: String) -> [String: PresenceState] {
    var states: [String: PresenceState] = [:]
    for (text, value) in entries(key) {
      if let state = presenceState("\(key).\(text)", value) { states[text] = state }
    }
    return states
  }

  /// Which bytes mean which state; empty where there are none.
  func fingerprints(_ key: String) -> [Fingerprint] {
    sections(key).compactMap { entry in
      let offset = entry.integer("offset", default: 0, in: 0...65_535)
      let bytes = entry.bytes("hex")
      let start = entry.value("startsWith") == nil ? [] : entry.bytes("startsWith")
      let state = entry.value("state").flatMap { entry.presenceState("state", $0) }
      if entry.value("hex") == nil { entry.report("hex", nil, "is missing: the bytes, such as \"40\"") }
      if entry.value("state") == nil { entry.report("state", nil, "is missing: online, busy, away or offline") }
      entry.finish()
      guard let bytes, let start, let state else { return nil }
      return Fingerprint(offset: offset, bytes: bytes, state: state, start: start)
    }
  }

  private func bytes(_ key: String) -> [UInt8]? {
    guard let text = text(key) else { return nil }
    if let bytes = Hexadecimal.decode(text), !bytes.isEmpty { return bytes }
    report(key, text, "must be pairs of hexadecimal digits, in quotes")
    return nil
  }
}
