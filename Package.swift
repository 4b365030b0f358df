// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with; the language mode below is 6.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Library targets mark every use of a pointer with `unsafe` as well.
let librarySettings = settings + [.strictMemorySafety()]

let package = Package(
    name: "RedCaps",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "RedCapsCore", targets: ["RedCapsCore"]),
        .library(name: "RedCapsTar", targets: ["RedCapsTar"]),
        .library(name: "RedCapsImage", targets: ["RedCapsImage"]),
        .library(name: "RedCapsTokenizers", targets: ["RedCapsTokenizers"]),
        .library(name: "RedCapsLoading", targets: ["RedCapsLoading"]),
        .library(name: "RedCapsJobs", targets: ["RedCapsJobs"]),
        .library(name: "RedCapsFixtures", targets: ["RedCapsFixtures"]),
        .executable(name: "redcaps", targets: ["redcaps"]),
    ],
    traits: [
        .trait(name: "PNG", description: "Decode PNG; needs libspng and zlib."),
        .trait(name: "WebP", description: "Decode WebP; needs libwebp."),
        .trait(name: "GIF", description: "Decode GIF; needs no library."),
        .trait(name: "AVIF", description: "Decode AVIF; needs libavif."),
        .trait(name: "ICC", description: "Convert colours when downsampling; needs Little CMS."),
        .trait(name: "YAML", description: "Read configurations in YAML, with the package Yams."),
        .trait(
            name: "Metrics",
            description: "Publish a loader's statistics, with the package swift-metrics."),
        .trait(
            name: "All", description: "All of the above.",
            enabledTraits: ["PNG", "WebP", "GIF", "AVIF", "ICC", "YAML", "Metrics"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.0.0"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
    ],
    targets: [
        // C libraries of the system, and the little C that Swift can't call or write.
        .systemLibrary(
            name: "CArchive", pkgConfig: "libarchive",
            providers: [.apt(["libarchive-dev"]), .brew(["libarchive"])]),
        .systemLibrary(
            name: "CAVIF",
            providers: [.apt(["libavif-dev"]), .brew(["libavif"])]),
        .systemLibrary(
            name: "CLibJPEG", pkgConfig: "libjpeg",
            providers: [.apt(["libjpeg62-turbo-dev"]), .brew(["jpeg-turbo"])]),
        .systemLibrary(
            name: "CLCMS", pkgConfig: "lcms2",
            providers: [.apt(["liblcms2-dev"]), .brew(["little-cms2"])]),
        .systemLibrary(
            name: "CSpng", pkgConfig: "spng",
            providers: [.apt(["libspng-dev"]), .brew(["libspng"])]),
        .systemLibrary(
            name: "CWebP", pkgConfig: "libwebpdemux",
            providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(name: "CJPEG", dependencies: ["CLibJPEG"]),
        .target(name: "CResample"),
        .target(name: "CSystem"),

        // The libraries: an arrow from a target to another is its dependency, and none points back.
        .target(name: "RedCapsBase", dependencies: ["CSystem"], swiftSettings: librarySettings),
        .target(
            name: "RedCapsTar", dependencies: ["CArchive", "CSystem", "RedCapsBase"],
            swiftSettings: librarySettings),
        .target(
            name: "RedCapsImage",
            dependencies: [
                "CJPEG", "CResample",
                .target(name: "CAVIF", condition: .when(traits: ["AVIF"])),
                .target(name: "CLCMS", condition: .when(traits: ["ICC"])),
                .target(name: "CSpng", condition: .when(traits: ["PNG"])),
                .target(name: "CZlib", condition: .when(traits: ["PNG"])),
                .target(name: "CWebP", condition: .when(traits: ["WebP"])),
            ],
            swiftSettings: librarySettings),
        .target(
            name: "RedCapsTokenizers", dependencies: ["RedCapsBase"],
            swiftSettings: librarySettings),
        .target(
            name: "RedCapsLoading",
            dependencies: [
                "RedCapsBase", .product(name: "Logging", package: "swift-log"),
                .product(
                    name: "CoreMetrics", package: "swift-metrics",
                    condition: .when(traits: ["Metrics"])),
            ],
            swiftSettings: librarySettings),
        .target(
            name: "RedCapsCore",
            dependencies: [
                "RedCapsBase", "RedCapsTar", "RedCapsImage", "RedCapsTokenizers", "RedCapsLoading",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams", condition: .when(traits: ["YAML"])),
            ],
            swiftSettings: librarySettings),
        .target(
            name: "RedCapsJobs",
            dependencies: [
                "RedCapsBase", "RedCapsTar", "RedCapsImage", "RedCapsLoading", "RedCapsCore",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: librarySettings),
        .target(
            name: "RedCapsFixtures",
            dependencies: [
                "RedCapsBase", "RedCapsTar", "RedCapsImage", "RedCapsLoading", "RedCapsCore",
            ],
            swiftSettings: librarySettings),

        // The command line.
        .executableTarget(
            name: "redcaps",
            dependencies: [
                "RedCapsBase", "RedCapsTar", "RedCapsImage", "RedCapsTokenizers", "RedCapsLoading",
                "RedCapsCore", "RedCapsJobs", "RedCapsFixtures",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),

        // Tests. They use public API only, so that they run in release mode, too.
        .target(
            name: "TestSupport",
            dependencies: [
                "RedCapsBase", "RedCapsTar", "RedCapsImage", "RedCapsTokenizers", "RedCapsLoading",
                "RedCapsCore", .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "RedCapsBaseTests", dependencies: ["RedCapsBase", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RedCapsTarTests", dependencies: ["RedCapsBase", "RedCapsTar", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RedCapsImageTests", dependencies: ["RedCapsImage", "CResample", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RedCapsLoadingTests",
            dependencies: [
                "RedCapsBase", "RedCapsLoading", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(
                    name: "CoreMetrics", package: "swift-metrics",
                    condition: .when(traits: ["Metrics"])),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RedCapsTokenizersTests",
            dependencies: ["RedCapsTar", "RedCapsTokenizers", "RedCapsCore", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RedCapsCoreTests",
            dependencies: [
                "RedCapsBase", "RedCapsTar", "RedCapsImage", "RedCapsTokenizers", "RedCapsLoading",
                "RedCapsCore", "RedCapsFixtures", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RedCapsJobsTests",
            dependencies: [
                "RedCapsBase", "RedCapsTar", "RedCapsImage", "RedCapsCore", "RedCapsJobs",
                "RedCapsFixtures", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "RedCapsTar", "RedCapsImage", "RedCapsFixtures", "TestSupport", "redcaps",
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
