// SPDX-License-Identifier: Apache-2.0

import AgentKit
import PresenceModel

/// The agents as the hot path wants them: bytes that live as long as the table, and numbers.
///
/// Not thread-safe only in that it is built before it is shared; it never changes afterwards.
final class LaunchTable: @unchecked Sendable {  // immutable after init
  private struct Entry {
    var name: ByteView
    var client: ByteView?
    var freshness: Int64
  }

  let directory: AgentDirectory
  /// The hash of the directory.
  let hash: ByteView
  /// Plain memory, as an array's reference would be counted at each look.
  private let entries: UnsafeMutableBufferPointer<Entry>
  private var owned: [UnsafeMutablePointer<UInt8>] = []

  init(_ directory: AgentDirectory) {
    self.directory = directory
    var owned: [UnsafeMutablePointer<UInt8>] = []
    func keep(_ text: String) -> ByteView {
      let bytes = Array(text.utf8)
      let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
      copy.update(from: bytes, count: bytes.count)
      owned.append(copy)
      return ByteView(base: copy, count: bytes.count)
    }
    hash = keep(directory.hash)
    entries = .allocate(capacity: directory.descriptors.count)
    for (index, descriptor) in directory.descriptors.enumerated() {
      entries.initializeElement(
        at: index,
        to: Entry(
          name: keep(descriptor.name),
          client: descriptor.launch.map { keep($0.client) },
          freshness: descriptor.freshness.milliseconds
        )
      )
    }
    self.owned = owned
  }

  deinit {
    entries.deallocate()  // of plain values, so that there is nothing to deinitialise
    for bytes in owned { bytes.deallocate() }
  }

  /// The agent that claims an address, or `UserState.noClaim`.
  func claim(_ address: ByteView) -> Int16 {
    guard !address.isEmpty, let index = directory.claim(address) else { return UserState.noClaim }
    return Int16(truncatingIfNeeded: index)
  }

  /// Whether the client of an agent can be launched.
  func canLaunch(_ claim: Int16) -> Bool { claim >= 0 && entries[Int(claim)].client != nil }

  /// The name of the client that an agent's people use.
  func client(_ claim: Int16) -> ByteView? { claim >= 0 ? entries[Int(claim)].client : nil }

  /// The agent's name.
  func name(_ claim: Int16) -> ByteView? { claim >= 0 ? entries[Int(claim)].name : nil }

  /// For how many milliseconds an answer of the agent is fresh.
  func freshness(_ claim: Int16) -> Int64 { claim >= 0 ? entries[Int(claim)].freshness : 60_000 }

  /// Writes the URI that launches the client with `address` behind what is in `scratch`, and returns it.
  func launchURI(_ claim: Int16, for address: ByteView, into scratch: inout ByteScratch) -> ByteView? {
    guard claim >= 0, let launch = directory[Int(claim)].launch else { return nil }
    scratch.removeAll()
    launch.writeURI(for: address) { scratch.append($0) }
    return scratch.view
  }
}
