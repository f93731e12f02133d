// SPDX-License-Identifier: Apache-2.0

import PresenceEvents
import PresenceModel
import Worker

/// A dossier as lines for people.
struct DossierReport {
  let dossier: UserDossier
  let topology: Topology
  let now: Timestamp
  let ink: Ink

  /// The lines, section by section; what is not known is said, too.
  func lines() -> [String] {
    var lines = shown() + readings() + profile() + outcomes() + changes()
    for (place, reason) in dossier.unreadable {
      lines.append("\(ink("!", .wait)) \(text(of: place)) cannot be read: \(DisplayText.safe(reason))")
    }
    return lines
  }

  // MARK: What readers see

  private func shown() -> [String] {
    guard let found = dossier.snapshot else {
      return ["\(name): nothing is published of this user", from("no record in", nil, .presenceSnapshots)]
    }
    guard let snapshot = found.content else { return ["\(name): deleted", from("a tombstone,", found.place)] }
    let person = snapshot.person
    let message = person.message.isEmpty ? "" : "  “\(DisplayText.safe(person.message))”"
    var rows = [
      ("quality", quality(of: person)),
      ("source", "\(person.source), observed \(person.observedAt) (\(age(person.observedAt)) ago)"),
      ("address", address(of: person)),
      ("menu", snapshot.actions.isEmpty ? "nothing" : snapshot.actions.joined(separator: ", ")),
    ]
    if let client = snapshot.client, let uri = snapshot.uri { rows.append(("chat", "\(client): \(uri)")) }
    if let until = person.validUntil {
      let isOver = until < now
      rows.insert(("valid until", "\(until)\(isOver ? ", which is over: readers show it as stale" : "")"), at: 1)
    }
    let called = person.displayName == person.user || person.displayName.isEmpty ? "" : " (\(person.displayName))"
    let heading =
      "\(PresenceMark.dot(person.state, person.quality, ink)) \(name)\(DisplayText.safe(called)): "
      + "\(ink("\(person.state)", .strong))\(message)"
    return [heading] + fields(rows) + [from("version \(person.version),", found.place)]
  }

  private func quality(of person: BoardEvent.Person) -> String {
    switch person.quality {
    case .fresh: "fresh"
    case .stale: "stale: the last known state, whose source could not be asked again"
    case .unknown: "unknown: nothing has been learnt of this address; shown as offline"
    case .disabled: "disabled: presence is switched off"
    }
  }

  /// The address that counts, and what made it count (presence rule 2).
  private func address(of person: BoardEvent.Person) -> String {
    guard !person.address.isEmpty else { return "none" }
    let profile = dossier.profile?.content ?? nil
    switch person.address.lowercased() {
    case profile?.networkAddress.lowercased(): return "\(person.address), the profile's network address"
    case profile?.enterpriseAddress.lowercased(): return "\(person.address), the profile's enterprise address"
    default: return "\(person.address), as the events have it"
    }
  }

  // MARK: What it is made of

  private func readings() -> [String] {
    guard let snapshot = dossier.snapshot?.content ?? nil, !snapshot.readings.isEmpty else { return [] }
    var table = TextTable(["  state", "source", "device", "observed", "sequence", "holds", "standing", "address"])
    for reading in snapshot.readings.sorted(by: { $0.observedAt > $1.observedAt }) {
      table.add([
        "  \(reading.state)", reading.source, reading.device.isEmpty ? "-" : reading.device,
        "\(age(reading.observedAt)) ago", reading.sequence.map(String.init) ?? "-", holds(reading),
        "\(reading.standing.wireName)", reading.address.isEmpty ? "enterprise" : reading.address,
      ])
    }
    return ["", section("Readings")] + table.lines(ink)
  }

  private func holds(_ reading: ReadingText) -> String {
    if let until = reading.validUntil { return "until \(PresenceMark.timeOfDay(until))" }
    return reading.leaseSeconds > 0 ? "leased \(reading.leaseSeconds)s" : "until changed"
  }

  private func profile() -> [String] {
    let heading = ["", section("Profile")]
    guard let found = dossier.profile else {
      return heading + ["  none: there is no mail address to send to", from("no record in", nil, .userProfiles)]
    }
    guard let profile = found.content else { return heading + ["  deleted", from("a tombstone,", found.place)] }
    var rows = [("name", profile.displayName), ("mail", profile.mail), ("enterprise", profile.enterpriseAddress)]
    let network = profile.networkDisplayName.isEmpty ? "" : " (\(profile.networkDisplayName))"
    rows.append(("network", profile.networkAddress.isEmpty ? "" : profile.networkAddress + network))
    if !profile.presenceEnabled { rows.append(("presence", "switched off")) }
    if let updated = profile.updatedAt { rows.append(("updated", "\(updated) (\(age(updated)) ago)")) }
    return heading + fields(rows.filter { !$0.1.isEmpty }) + [from("", found.place)]
  }

  // MARK: What happened

  private func outcomes() -> [String] {
    guard !dossier.outcomes.isEmpty else { return [] }
    var lines = ["", section("Requests to \(name), the latest first")]
    for found in dossier.outcomes.reversed() {
      var board = PresenceBoard(feedLength: 1)
      board.apply(.outcome(found.content), now: now)
      let canvas = PresenceBoard.Canvas(columns: 150, ink: ink, now: now)
      for contact in board.contacts {
        lines.append("  " + contact.line(canvas, showsSteps: false))
        if !contact.steps.isEmpty { lines.append(ink("  as: \(DisplayText.safe(contact.steps))", .faint)) }
      }
      lines.append(from("request \(DisplayText.safe(found.content.request)),", found.place))
    }
    return lines
  }

  private func changes() -> [String] {
    guard !dossier.changes.isEmpty else { return [] }
    var table = TextTable(["  observed", "what", "source", "device", "message", "offset"])
    for found in dossier.changes.reversed() {
      let change = found.content
      let what = change.state.map { "\($0)" } ?? (change.isAsk ? "asks" : change.failure ?? "failed")
      table.add([
        "  \(change.observedAt)", what, change.source, change.device.isEmpty ? "-" : change.device,
        DisplayText.cell(change.message, width: 40), "\(found.place.offset)",
      ])
    }
    return ["", section("Changes, the latest first")] + table.lines(ink)
  }

  // MARK: Parts

  private var name: String { DisplayText.safe(dossier.user) }

  private func section(_ title: String) -> String { ink(title, .strong) }

  private func fields(_ rows: [(String, String)]) -> [String] {
    rows.map { "  \(ink(DisplayText.padded($0.0, to: 12), .faint)) \(DisplayText.safe($0.1))" }
  }

  private func age(_ moment: Timestamp) -> String { PresenceMark.age(of: moment, now: now) }

  private func from(_ what: String, _ place: UserDossier.Place?, _ topic: LogTopic? = nil) -> String {
    let rest = place.map(text) ?? topic.map(topology.name) ?? ""
    return ink("  from \(what.isEmpty ? "" : what + " ")\(rest)", .faint)
  }

  private func text(of place: UserDossier.Place) -> String {
    let written = place.timestamp.map { ", written \($0)" } ?? ""
    return "\(topology.name(of: place.topic))[\(place.partition)]@\(place.offset)\(written)"
  }
}
