// SPDX-License-Identifier: Apache-2.0

public import PresenceEvents
public import PresenceModel

/// What the portal's spaces offer: an immutable version of `portal.spaces`, shared by all lanes of a process.
public final class SpaceTable: Sendable {
  /// What one space offers.
  public struct Space: Sendable {
    /// Whether instant messaging and presence are offered there at all.
    public var impEnabled: Bool
    /// The services that are offered there.
    public var services: PortalSpace.Services

    /// A space of its parts.
    public init(impEnabled: Bool, services: PortalSpace.Services) {
      self.impEnabled = impEnabled
      self.services = services
    }
  }

  /// A table without spaces, as before the first was read.
  public static let empty = SpaceTable(version: 0, spaces: [:])

  /// The offset of the newest record in it plus one (summed over the partitions); named in the traces of outcomes.
  public let version: Int64
  private let spaces: [String: Space]

  /// A table of its spaces by name.
  public init(version: Int64, spaces: [String: Space]) {
    self.version = version
    self.spaces = spaces
  }

  /// What a space offers; nil for an unknown one.
  public func space(named name: ByteView) -> Space? { spaces.isEmpty ? nil : spaces[name.string] }
}
