// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "ChannelMeans",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "RedCaps", path: "../..")],
    targets: [
        .executableTarget(
            name: "ChannelMeans",
            dependencies: [.product(name: "RedCapsCore", package: "RedCaps")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
