// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// Programs on this package. One of your own names it by its URL and version.
let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "RedCaps", path: "..")],
    targets: [
        .executableTarget(
            name: "ChannelMeans",
            dependencies: [.product(name: "RedCapsCore", package: "RedCaps")],
            swiftSettings: settings),
        .executableTarget(
            name: "Tokenize",
            dependencies: [.product(name: "RedCapsTokenizers", package: "RedCaps")],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
