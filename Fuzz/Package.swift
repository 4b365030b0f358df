// swift-tools-version: 6.2
import PackageDescription

/// Targets for libFuzzer, which `Scripts/fuzz` builds and runs; a package of its own, because they
/// only link with a fuzzer's flags.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "Fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "RedCaps", path: "..", traits: ["All"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    ],
    targets: [
        .target(name: "FuzzSupport", swiftSettings: settings),
        .executableTarget(
            name: "fuzz-headers",
            dependencies: ["FuzzSupport", .product(name: "RedCapsTar", package: "RedCaps")],
            swiftSettings: settings),
        .executableTarget(
            name: "fuzz-image",
            dependencies: ["FuzzSupport", .product(name: "RedCapsImage", package: "RedCaps")],
            swiftSettings: settings),
        .executableTarget(
            name: "fuzz-index",
            dependencies: [
                "FuzzSupport", .product(name: "RedCapsCore", package: "RedCaps"),
                .product(name: "RedCapsLoading", package: "RedCaps"),
                .product(name: "RedCapsTar", package: "RedCaps"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "fuzz-list",
            dependencies: ["FuzzSupport", .product(name: "RedCapsCore", package: "RedCaps")],
            swiftSettings: settings),
        .executableTarget(
            name: "fuzz-tokenizer",
            dependencies: [
                "FuzzSupport", .product(name: "RedCapsTokenizers", package: "RedCaps"),
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
