// swift-tools-version: 6.2
import PackageDescription

// One set of settings for every Swift target: existentials are spelled `any`, an import serves only
// the file that states it, and nothing is re-exported by accident.
let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A room of the house: a library target under `Sources/`.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The tests of a room, with the support library that all of them share.
func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name), "MimoTestSupport"] + dependencies,
        swiftSettings: swiftSettings
    )
}

let package = Package(
    name: "mimo-sft",
    products: [
        .executable(name: "mimo-sft", targets: ["mimo-sft"]),
        .executable(name: "mimo-sft-bench", targets: ["mimo-sft-bench"]),
        .library(
            name: "MimoSFT",
            targets: ["MimoText", "MimoData", "MimoModel", "MimoAdapter", "MimoTrain", "MimoInfer"]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        // The reader of JSON is ours; json-c is what its tests hold it against.
        .systemLibrary(name: "CJSON", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .target(name: "CMimoKernels", exclude: ["README.md"]),

        room("MimoFiles", ["CZstd"]),
        room("MimoNumerics", ["CMimoKernels", "COpenBLAS"]),
        room("MimoText", ["MimoFiles"]),
        room("MimoData", ["MimoText", "MimoFiles"]),
        room("MimoModel", ["MimoNumerics", "MimoFiles"]),
        room("MimoAdapter", ["MimoModel", "MimoNumerics", "MimoFiles"]),
        room("MimoInfer", ["MimoAdapter", "MimoModel", "MimoNumerics", "MimoText", "MimoFiles"]),
        room(
            "MimoTrain",
            ["MimoData", "MimoInfer", "MimoAdapter", "MimoModel", "MimoNumerics", "MimoText", "MimoFiles"]
        ),
        .executableTarget(
            name: "mimo-sft",
            dependencies: [
                "MimoTrain", "MimoInfer", "MimoAdapter", "MimoModel", "MimoData", "MimoText", "MimoNumerics",
                "MimoFiles", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            // The model that is used where none is named.
            resources: [.copy("MiMo-Nano")],
            swiftSettings: swiftSettings
        ),

        .executableTarget(
            name: "mimo-sft-bench",
            dependencies: [
                "MimoTrain", "MimoInfer", "MimoAdapter", "MimoModel", "MimoData", "MimoText", "MimoNumerics",
                "MimoFiles",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings
        ),

        // What MiMo-Nano, the project's own starter model, is made of; see Examples/mimo-nano.
        .executableTarget(
            name: "mimo-nano",
            dependencies: [
                "MimoTrain", "MimoText", "MimoFiles",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Examples/mimo-nano/Sources",
            swiftSettings: swiftSettings
        ),

        .target(
            name: "MimoTestSupport",
            dependencies: ["MimoFiles"],
            path: "Tests/MimoTestSupport",
            swiftSettings: swiftSettings
        ),
        tests(of: "MimoFiles", ["CJSON"]),
        tests(of: "MimoNumerics", ["CMimoKernels"]),
        tests(of: "MimoText", ["MimoFiles"]),
        tests(of: "MimoData", ["MimoText", "MimoFiles"]),
        tests(of: "MimoModel", ["MimoNumerics", "MimoFiles"]),
        tests(of: "MimoAdapter", ["MimoModel", "MimoNumerics", "MimoFiles"]),
        tests(
            of: "MimoTrain",
            ["MimoData", "MimoInfer", "MimoAdapter", "MimoModel", "MimoNumerics", "MimoText", "MimoFiles"]
        ),
        tests(of: "MimoInfer", ["MimoAdapter", "MimoModel", "MimoNumerics", "MimoText", "MimoFiles"]),
        .testTarget(
            name: "MimoNanoTests",
            dependencies: ["mimo-nano", "MimoText", "MimoFiles", "MimoTestSupport"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "CLITests",
            dependencies: [
                "MimoTestSupport", "MimoTrain", "MimoInfer", "MimoAdapter", "MimoModel", "MimoData",
                "MimoFiles",
                "mimo-sft",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Snapshots"],
            swiftSettings: swiftSettings
        ),
    ],
    swiftLanguageModes: [.v6]
)
