// SPDX-License-Identifier: Apache-2.0

extension ConfigurationKey {
  static let presenceKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "presence.enabled",
      \.presence.enabled,
      .flag,
      isLive: true,
      "Whether presence exists at all; off publishes quality `disabled` and sends contact to mail."
    ),
    ConfigurationKey(
      "presence.services",
      \.presence.services,
      .choices(atLeast: 0),
      isLive: true,
      "The services that the portal offers on a presence tag."
    ),
    ConfigurationKey(
      "presence.policy",
      \.presence.policy,
      .choice,
      isLive: true,
      """
      How several devices become one state: `busyFirst` (busy > online > away > offline), `mostAvailable` (online > \
      busy > away > offline), `latest` (what was observed last).
      """
    ),
    ConfigurationKey(
      "presence.freshness",
      \.presence.freshness,
      .duration(.seconds(1)...(.seconds(3_600))),
      isLive: true,
      "How long a looked-up state is fresh, where neither the agent's `freshness` nor its answer says so."
    ),
    ConfigurationKey(
      "presence.jitterPercent",
      \.presence.jitterPercent,
      .integer(0...50),
      isLive: true,
      "By how much, either way, freshness is varied so that entries do not expire together."
    ),
    ConfigurationKey(
      "presence.interest",
      \.presence.interest,
      .duration(.zero...(.seconds(86_400))),
      isLive: true,
      "How long asking for a user keeps the user refreshed; `0s` refreshes nobody."
    ),
    ConfigurationKey(
      "presence.failureMemory",
      \.presence.failureMemory,
      .duration(.zero...(.seconds(600))),
      isLive: true,
      "How long a failed look-up is remembered before the same address is asked for again."
    ),
    ConfigurationKey(
      "presence.leaseGrace",
      \.presence.leaseGrace,
      .duration(.zero...(.seconds(600))),
      isLive: true,
      "What is added to every lease before its reading lapses."
    ),
    ConfigurationKey(
      "presence.unknownSpacesAllowed",
      \.presence.unknownSpacesAllowed,
      .flag,
      isLive: true,
      "Whether a space that no event has told of allows contact."
    ),
    ConfigurationKey(
      "presence.changeCredentials",
      \.presence.changeCredentials,
      .flag,
      isLive: true,
      "Whether one's own tag offers to change the credentials for the presence service."
    ),
    ConfigurationKey(
      "presence.clockTolerance",
      \.presence.clockTolerance,
      .duration(.seconds(1)...(.seconds(366 * 86_400))),
      isLive: true,
      "How far ahead of the worker's clock an event may be; further, it is a dead letter, and a deletion counts as of now."
    ),
  ]

  static let contactKeys: [ConfigurationKey] = [
    ConfigurationKey(
      "contact.expiry",
      \.contact.expiry,
      .duration(.seconds(1)...(.seconds(3_600))),
      isLive: true,
      "When an `im` or `auto` request expires that does not say so itself."
    ),
    ConfigurationKey(
      "contact.deadlineShare",
      \.contact.deadlineShare,
      .number(0.1...0.95),
      isLive: true,
      "Which share of a request's time its look-up may take; the rest is for the way back."
    ),
    ConfigurationKey(
      "contact.duplicateWindow",
      \.contact.duplicateWindow,
      .duration(.seconds(60)...(.seconds(30 * 86_400))),
      """
      How long the same request is recognised as a repeat: longer than `contact.requests` is kept, shorter than \
      `contact.outcomes` is.
      """
    ),
    ConfigurationKey(
      "contact.rateLimit.perMinute",
      \.contact.rateLimit.perMinute,
      .integer(0...1_000_000),
      isLive: true,
      "How many requests of one requester are let through in a minute; 0 switches the limit off."
    ),
    ConfigurationKey(
      "contact.rateLimit.burst",
      \.contact.rateLimit.burst,
      .integer(1...1_000_000),
      isLive: true,
      "How many requests of one requester may come at once."
    ),
  ]
}
