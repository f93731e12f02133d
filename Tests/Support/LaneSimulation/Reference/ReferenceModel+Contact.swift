// SPDX-License-Identifier: Apache-2.0

import Worker

/// The contact rules: what is gathered for a request, and what is published for its end.
extension ReferenceModel {
  mutating func applyRequest(_ event: ReferenceEvent, now: Int64, _ work: inout Work) {
    guard let id = event.text("id"), let recipient = event.text("recipient") else { return }
    let identity = "\(recipient)\u{0}\(id)"
    guard !isDecided(identity, work) else {  // rule 2
      repeats += 1
      return
    }
    let user = self.user(recipient, work).flatMap { $0.deletedAt == nil ? $0 : nil }
    let mayPass = event.object("resolution") != nil || take(event.object("requester")?.text("user"), now: now, &work)
    var request = ReferenceRequest(event, user, now: now)
    request.isLimited = !mayPass
    let space = note(event.text("space"), in: work.spacesVersion, &request)
    var verdict = "dispatched"
    var channel: String?
    var reason: String?
    switch request.end {
    case .lookUp:
      work.outputs.append(
        (.presenceLookups, recipient, .lookup(address: user?.identity, reason: "contact", request: id))
      )
      return
    case .mail(let why):
      channel = "mail"
      work.outputs.append((.mailDispatches, recipient, .mail(request: id, to: user?.profile?.mail, reason: why)))
    case .im:
      channel = "im"
      work.outputs.append((.imDispatches, recipient, .im(request: id, to: user?.identity)))
    case .rejected(let why):
      verdict = "rejected"
      reason = why
    case .expired: verdict = "expired"
    }
    var (state, quality) = (user?.view.state, user?.view.quality)
    if case .fresh(let found) = request.knowledge, quality != "fresh" || state != found {
      (state, quality) = (found, "fresh")
    }
    let outcome = ReferenceOutput.outcome(
      request: id,
      verdict: verdict,
      channel: channel,
      reason: reason,
      state: state,
      quality: quality,
      space: space
    )
    work.outputs.append((.contactOutcomes, recipient, outcome))
    decide(identity, work)
  }

  /// Rule 3, by what the process has counted.
  private func take(_ requester: String?, now: Int64, _ work: inout Work) -> Bool {
    guard rules.requestsPerMinute > 0, let requester else { return true }
    var bucket =
      work.buckets[requester] ?? partitions[work.partition]?.bucket(of: requester, of: work.host)
      ?? ReferenceBucket(rules, now: now)
    let isThere = bucket.take(rules, now: now)
    work.buckets[requester] = bucket
    return isThere
  }

  /// Rule 4: what the space offers, and what the trace says of it.
  private func note(_ name: String?, in version: Int64, _ request: inout ReferenceRequest) -> String? {
    guard let name else { return nil }
    guard let space = spaces[version][name] else {
      request.isEnabledInSpace = rules.allowsUnknownSpaces
      request.services = rules.allowsUnknownSpaces ? ["mail", "im"] : []
      return "spaces version \(version), space unknown"
    }
    request.isEnabledInSpace = space.isEnabled
    request.services = space.services
    return "spaces version \(version)"
  }
}
