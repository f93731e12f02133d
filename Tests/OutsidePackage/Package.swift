// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// A package of somebody else with an agent of its own: what docs/WRITING_AGENTS.md tells, from outside.
//
//     swift test --package-path Tests/OutsidePackage
let package = Package(
  name: "switchboard",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "presence-worker", path: "../..")],
  targets: [
    .target(name: "Switchboard", dependencies: [.product(name: "AgentKit", package: "presence-worker")]),
    .testTarget(
      name: "SwitchboardTests",
      dependencies: ["Switchboard", .product(name: "AgentTesting", package: "presence-worker")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
