// SPDX-License-Identifier: Apache-2.0

/// How much of a request's time is left.
@frozen
public enum ContactTime: UInt8, CaseIterable, Sendable {
  /// Time for a look-up, or the request never expires.
  case enough
  /// The request is still of use, but an answer would come too late.
  case tooLittleForLookup
  /// The request is of no more use as it was meant.
  case expired
}

/// When a request expires, and until when somebody may be asked for its sake.
///
/// (a) `mail` expires only where the request says so; `auto` and `im` expire after 10 s unless it says otherwise.
/// (b) A look-up has 70 % of that unless configured otherwise; the rest is for the way back.
/// (c) An age is never negative: a request from a clock that runs ahead is as old as the moment that it is seen.
@frozen
public struct ContactDeadline: Hashable, Sendable {
  /// After how many seconds `auto` and `im` expire where the request does not say.
  public static let defaultSeconds: Int32 = 10

  /// The first moment at which the request is of no more use; nil where it never expires.
  public let expiresAt: Timestamp?
  /// The moment by which a look-up for the request must have ended; nil where it never expires.
  public let lookUpBy: Timestamp?

  /// The deadlines of a request that is seen at `now`.
  ///
  /// - Parameter expiresInSeconds: what the request says; nil for the channel's default, negative counts as zero.
  ///   - lookUpPercent: which percentage of the time a look-up may take.
  @inlinable
  public init(
    channel: ContactChannel,
    requestedAt: Timestamp,
    expiresInSeconds: Int32?,
    lookUpPercent: Int64 = 70,
    now: Timestamp
  ) {
    guard let seconds = expiresInSeconds ?? (channel == .mail ? nil : ContactDeadline.defaultSeconds) else {
      self.expiresAt = nil
      self.lookUpBy = nil
      return
    }
    let start = min(requestedAt, now)
    let span = Int64(max(0, seconds))
    self.expiresAt = start.adding(milliseconds: span * 1_000)
    self.lookUpBy = start.adding(milliseconds: span * 10 * lookUpPercent)
  }

  /// How much of the time is left at `now`.
  @inlinable
  public func time(at now: Timestamp) -> ContactTime {
    guard let expiresAt, let lookUpBy else { return .enough }
    if now >= expiresAt { return .expired }
    return now < lookUpBy ? .enough : .tooLittleForLookup
  }
}
