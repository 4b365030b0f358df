// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of RedCaps never resolve or build what only measures it.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    products: [
        // For compare_with_pillow.py and compare_with_tokenizers.py.
        .library(name: "RedCapsForPython", type: .dynamic, targets: ["RedCapsForPython"])
    ],
    dependencies: [
        .package(name: "RedCaps", path: "..", traits: ["All"]),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CJPEGLibrary", pkgConfig: "libjpeg",
            providers: [.apt(["libjpeg62-turbo-dev"]), .brew(["jpeg-turbo"])]),
        .target(name: "CLimit", dependencies: ["CJPEGLibrary"]),
        .target(name: "CAllocations"),
        .target(
            name: "RedCapsForPython",
            dependencies: [
                .product(name: "RedCapsImage", package: "RedCaps"),
                .product(name: "RedCapsTokenizers", package: "RedCaps"),
            ]),
        .executableTarget(name: "header-walk", cSettings: [.define("NDEBUG")]),
        .executableTarget(
            name: "loader-overhead",
            dependencies: [
                .product(name: "RedCapsCore", package: "RedCaps"),
                .product(name: "RedCapsLoading", package: "RedCaps"),
                .product(name: "RedCapsTar", package: "RedCaps"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "redcaps-benchmarks",
            dependencies: [
                "CAllocations", "CLimit", .product(name: "RedCapsCore", package: "RedCaps"),
                .product(name: "RedCapsImage", package: "RedCaps"),
                .product(name: "RedCapsLoading", package: "RedCaps"),
                .product(name: "RedCapsTar", package: "RedCaps"),
                .product(name: "RedCapsFixtures", package: "RedCaps"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Benchmarks",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
