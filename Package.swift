// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// The language settings of every target: warnings are errors, imports and existentials are explicit.
let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// The settings of the modules that every event passes through.
///
/// Release builds leave out the run-time checks for overlapping accesses, which would be a tenth of an event's time:
/// each access to a stored property of a class enters itself into a list of its thread. Debug builds, and with them all
/// tests, keep them, and the compiler's own checks hold everywhere.
let hotSettings: [SwiftSetting] =
  settings + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// What the executables are linked with: an allocator that is cheap where one thread allocates and another frees.
///
/// librdkafka allocates some ten times for a record with headers on the lane's thread, and frees on its own.
let allocator: [LinkerSetting] = [.linkedLibrary("jemalloc", .when(platforms: [.linux]))]

let package = Package(
  name: "presence-worker",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "presence-worker", targets: ["presence-worker"]),
    .library(name: "AgentKit", targets: ["AgentKit", "PresenceModel"]),
    .library(name: "AgentTesting", targets: ["AgentTesting"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-crypto", "3.0.0"..<"5.0.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.7.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.29.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.19.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.25.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
  ],
  targets: [
    // System libraries and the thin shims over them.
    .systemLibrary(
      name: "CRdKafka",
      pkgConfig: "rdkafka",
      providers: [.apt(["librdkafka-dev"])]
    ),
    .target(
      name: "CSimdJSON",
      cxxSettings: [.unsafeFlags(["-O3", "-DNDEBUG"])],
      linkerSettings: [.linkedLibrary("simdjson")]
    ),
    .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),

    .target(name: "CBytes"),
    .target(name: "CAllocator"),

    // Values and rules, then the wire.
    .target(name: "PresenceModel", dependencies: ["CBytes"], swiftSettings: hotSettings),
    .target(
      name: "PresenceEvents",
      dependencies: ["CBytes", "CSimdJSON", "PresenceModel"],
      swiftSettings: hotSettings
    ),

    // The presence network agents.
    .target(
      name: "AgentKit",
      dependencies: ["PresenceModel", .product(name: "Logging", package: "swift-log")],
      swiftSettings: settings
    ),
    .target(
      name: "AgentTesting",
      dependencies: ["AgentKit", "PresenceModel"],
      swiftSettings: settings
    ),
    .target(
      name: "Agents",
      dependencies: [
        "AgentKit", "CRE2", "PresenceModel",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
      ],
      swiftSettings: settings
    ),

    // Kafka, knowing nothing of presence.
    .target(name: "Kafka", dependencies: ["CRdKafka"], swiftSettings: settings),

    // The worker and what surrounds it.
    .target(
      name: "Worker",
      dependencies: [
        "AgentKit", "CBytes", "Kafka", "PresenceEvents", "PresenceModel",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: hotSettings
    ),
    .target(
      name: "Operations",
      dependencies: [
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "presence-worker",
      dependencies: [
        "Agents", "AgentKit", "CAllocator", "Kafka", "Operations", "PresenceEvents", "PresenceModel", "Worker",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings,
      linkerSettings: allocator
    ),

    // What several test targets share.
    .target(name: "TestSupport", path: "Tests/Support/TestSupport", swiftSettings: settings),

    // What `make bench` runs without a broker.
    .target(name: "CCallCounter", path: "Benchmarks/CallCounter"),
    .executableTarget(
      // Without the allocator of the others: the call counter stands in its place, and the two do not mix.
      name: "enricher-benchmark",
      dependencies: ["AgentKit", "CCallCounter", "PresenceModel", "Worker"],
      path: "Benchmarks/Enricher",
      swiftSettings: hotSettings
    ),

    // Every parser on damaged input: `Tests/Fuzz/run`, and a little of it in each run of the tests.
    .target(
      name: "FuzzTargets",
      dependencies: ["AgentKit", "Agents", "PresenceEvents", "PresenceModel", "Worker"],
      path: "Tests/Fuzz/Targets",
      swiftSettings: settings
    ),
    .target(name: "LibFuzzer", path: "Tests/Fuzz/LibFuzzer"),
    .executableTarget(
      name: "presence-fuzz",
      dependencies: ["FuzzTargets", "LibFuzzer"],
      path: "Tests/Fuzz/Runner",
      swiftSettings: settings
    ),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "TestSupport"], swiftSettings: settings),

    .executableTarget(
      name: "chain-benchmark",
      dependencies: [
        "AgentKit", "Kafka", "PresenceModel", "Worker", .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "Benchmarks/Chain",
      swiftSettings: hotSettings,
      linkerSettings: allocator
    ),

    // A simulated Kafka for the lanes, and the tests that drive them on it.
    .target(
      name: "LogSimulation",
      dependencies: ["PresenceEvents", "PresenceModel", "Worker"],
      path: "Tests/Support/LogSimulation",
      swiftSettings: settings
    ),
    .target(
      name: "LaneSimulation",
      dependencies: ["AgentKit", "Kafka", "LogSimulation", "PresenceModel", "Worker"],
      path: "Tests/Support/LaneSimulation",
      swiftSettings: settings
    ),
    .testTarget(
      name: "SimulationTests",
      dependencies: ["Kafka", "LaneSimulation", "LogSimulation", "PresenceModel", "TestSupport", "Worker"],
      swiftSettings: settings
    ),
    // What `make simulate` runs.
    .executableTarget(
      name: "simulate",
      dependencies: [
        "LaneSimulation", "LogSimulation", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tests/Simulate",
      exclude: ["mutants.py"],
      swiftSettings: settings
    ),

    .testTarget(name: "PresenceModelTests", dependencies: ["PresenceModel", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "PresenceEventsTests",
      dependencies: ["CSimdJSON", "PresenceEvents", "PresenceModel", "TestSupport"],
      exclude: ["Samples"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "AgentKitTests",
      dependencies: ["AgentKit", "AgentTesting", "PresenceModel", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "AgentsTests",
      dependencies: [
        "AgentKit", "Agents", "AgentTesting", "PresenceModel", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: settings
    ),
    .testTarget(name: "KafkaTests", dependencies: ["Kafka", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "OperationsTests",
      dependencies: [
        "Operations", "TestSupport",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "presence-worker", "AgentKit", "Kafka", "Operations", "PresenceEvents", "PresenceModel", "Worker",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings
    ),
    // The worker as a process, with clients, agents and servers that are not ours.
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["presence-worker", "Kafka", "Operations", "TestSupport"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "WorkerTests",
      dependencies: ["Worker", "PresenceEvents", "PresenceModel", "Kafka", "AgentKit", "AgentTesting", "TestSupport"],
      swiftSettings: settings
    ),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// `Tests/Fuzz/run`: libFuzzer's counters are in what parses, and in nothing else. The driver looks at all counters of the
// process after each input, and with `--sanitize=fuzzer` most are those of TLS, HTTP and the sockets.
if Context.environment["FUZZING"] != nil {
  let parsing = ["AgentKit", "Agents", "FuzzTargets", "PresenceEvents", "PresenceModel", "Worker", "presence-fuzz"]
  for target in package.targets {
    if parsing.contains(target.name) {
      target.swiftSettings?.append(contentsOf: [
        .unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"]), .define("LIBFUZZER"),
      ])
    } else if ["CBytes", "CRE2", "CSimdJSON"].contains(target.name) {
      target.cSettings = [.unsafeFlags(["-fsanitize=fuzzer-no-link"])]
      target.cxxSettings = (target.cxxSettings ?? []) + [.unsafeFlags(["-fsanitize=fuzzer-no-link"])]
    }
    if target.name == "presence-fuzz" {
      target.linkerSettings = [.unsafeFlags(["-sanitize=fuzzer"])]
    }
  }
}
