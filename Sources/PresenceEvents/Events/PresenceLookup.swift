// SPDX-License-Identifier: Apache-2.0

public import PresenceModel

/// An event of `presence.lookups`: the enricher's wish that the resolver ask an agent.
///
/// The texts are borrowed views; empty means absent.
public struct PresenceLookup {
  /// Why a look-up is made.
  public enum Reason: UInt8, CaseIterable, Sendable {
    /// Somebody asked with a change without state.
    case asked
    /// A contact request waits for it.
    case contact
    /// Somebody asked lately, and the state is about to be stale.
    case interest
    /// Another address counts from now on.
    case addressChanged
  }

  /// The look-up's stable id; not empty.
  public var lookupID: ByteView
  /// Whose presence is wanted.
  public var user: ByteView
  /// The address to ask for.
  public var imAddress: ByteView
  /// Why.
  public var reason: Reason
  /// An answer of a call that began earlier is of no use.
  public var notOlderThan: Timestamp
  /// When an answer is of no more use.
  public var deadline: Timestamp
  /// The request that waits.
  public var contact: ContactRequest?
  /// The hash of the agent list of the enricher that wrote this.
  public var agents: ByteView

  /// A look-up of its parts.
  public init(
    lookupID: ByteView,
    user: ByteView,
    imAddress: ByteView,
    reason: Reason,
    notOlderThan: Timestamp,
    deadline: Timestamp,
    contact: ContactRequest? = nil,
    agents: ByteView
  ) {
    self.lookupID = lookupID
    self.user = user
    self.imAddress = imAddress
    self.reason = reason
    self.notOlderThan = notOlderThan
    self.deadline = deadline
    self.contact = contact
    self.agents = agents
  }
}
