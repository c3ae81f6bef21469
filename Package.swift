// swift-tools-version:6.2
import PackageDescription

/// Settings of every target: language mode 6 and the upcoming features that make visibility and isolation explicit.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// Products of other packages, named once.
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")

/// A library of ours. The order below is the layering: a target depends on targets above it only.
func library(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// The tests of a library.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "arc",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "arc", targets: ["arc"])],
    dependencies: [
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1",
            traits: ["ConfigurationSupport"]),
        .package(url: "https://github.com/apple/swift-configuration.git", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/vapor/jwt-kit.git", exact: "5.7.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
    ],
    targets: [
        .target(name: "CProcess"),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CHaru", providers: [.apt(["libhpdf-dev"])]),
        library("Primitives", []),
        library("JSONCoding", ["Primitives"]),
        library("PostgresClient", ["CLibpq", "Primitives", logging, configuration]),
        library(
            "RedisClient", ["Primitives", crypto, nioCore, nioPosix, nioSSL, deque, logging, configuration]),
        library("Sealing", [crypto]),
        library("PDFDocuments", ["CHaru"]),
        library("Observability", ["Primitives", "JSONCoding", logging]),
        library("Entities", ["Primitives", "JSONCoding", "PostgresClient"]),
        library(
            "MessageBus", ["Primitives", "JSONCoding", "PostgresClient", configuration, logging, lifecycle],
            resources: [.embedInCode("Migrations")]),
        library("Billing", ["Primitives"]),
        library(
            "ServiceKit",
            [
                "Primitives", "JSONCoding", "PostgresClient", "RedisClient", "Observability", "Entities", "Sealing",
                asyncHTTPClient, hummingbird, httpTypes, jwtKit, crypto, configuration, lifecycle, logging, nioCore,
                nioPosix,
            ]),
        library(
            "TenantManagement",
            [
                "Primitives", "JSONCoding", "PostgresClient", "RedisClient", "Entities", "MessageBus", "Sealing",
                "PDFDocuments", "Billing", "ServiceKit", asyncHTTPClient, configuration, crypto, httpTypes, lifecycle,
                logging, nioCore, nioHTTP1, nioPosix, nioSSL,
            ], resources: [.embedInCode("Migrations")]),
        library(
            "Subscription",
            [
                "Primitives", "JSONCoding", "PostgresClient", "RedisClient", "Entities", "MessageBus", "Billing",
                "ServiceKit", configuration, crypto, httpTypes, lifecycle, logging, nioCore,
            ], resources: [.embedInCode("Migrations")]),
        library(
            "Orchestrator",
            [
                "CProcess", "Primitives", "JSONCoding", "PostgresClient", "MessageBus", "Sealing", "ServiceKit",
                "Entities",
                asyncHTTPClient,
                configuration, crypto, httpTypes, lifecycle, logging, nioCore, nioHTTP1,
            ], resources: [.embedInCode("Migrations")]),
        library("LocalStack", ["CProcess", "Primitives"]),
        .executableTarget(
            name: "arc",
            dependencies: [
                "TenantManagement", "Subscription", "Orchestrator", "LocalStack", "ServiceKit", "MessageBus",
                "Observability", "PostgresClient", "RedisClient", "JSONCoding", "Primitives",
                argumentParser, asyncHTTPClient, configuration, logging, nioCore, nioHTTP1, unixSignals,
            ],
            swiftSettings: strict),

        // TestSupport is a regular target (no tests in it); AcceptanceTests and FaultTests use it.
        .target(
            name: "TestSupport",
            dependencies: [
                "Primitives", "JSONCoding", "PostgresClient", "RedisClient", "MessageBus", "Entities", "ServiceKit",
                "TenantManagement", "Subscription", "Orchestrator",
                asyncHTTPClient, configuration, lifecycle, logging, nioCore, nioHTTP1,
            ], path: "Tests/TestSupport", swiftSettings: strict),
        tests(
            "AcceptanceTests",
            [
                "TestSupport", "Primitives", "JSONCoding", "PostgresClient", "RedisClient", "MessageBus", "Entities",
                "Sealing", "ServiceKit", "TenantManagement", "Subscription", "Orchestrator",
                asyncHTTPClient, configuration, crypto, cryptoExtras, httpTypes, jwtKit, logging, nioCore, nioHTTP1,
            ]),
        tests(
            "FaultTests",
            [
                "TestSupport", "Primitives", "JSONCoding", "PostgresClient", "RedisClient", "MessageBus", "ServiceKit",
                "TenantManagement", "Subscription", "Orchestrator",
                logging,
            ]),
        tests("PrimitivesTests", ["Primitives"]),
        tests("JSONCodingTests", ["Primitives", "JSONCoding"]),
        tests("PDFDocumentsTests", ["TestSupport", "PDFDocuments"]),
        tests("BillingTests", ["Primitives", "Billing"]),
        tests("PostgresClientTests", ["Primitives", "PostgresClient", configuration, logging]),
        tests(
            "RedisClientTests",
            ["Primitives", "RedisClient", configuration, logging, nioCore, nioEmbedded, nioPosix, nioSSL]),
        tests("EntitiesTests", ["Primitives", "JSONCoding", "PostgresClient", "Entities", logging]),
        tests("MessageBusTests", ["Primitives", "JSONCoding", "PostgresClient", "MessageBus", lifecycle, logging]),
        tests(
            "OrchestratorTests",
            [
                "Primitives", "JSONCoding", "PostgresClient", "MessageBus", "Sealing", "ServiceKit", "Orchestrator",
                asyncHTTPClient, configuration, httpTypes, lifecycle, logging, nioCore, nioHTTP1, nioPosix,
            ]),
        tests(
            "SubscriptionTests",
            [
                "Primitives", "JSONCoding", "PostgresClient", "RedisClient", "Entities", "MessageBus", "Billing",
                "ServiceKit", "Subscription", asyncHTTPClient, configuration, httpTypes, lifecycle, logging, nioCore,
                nioHTTP1,
            ]),
        tests("ObservabilityTests", ["Primitives", "JSONCoding", "Observability", logging]),
        tests(
            "ServiceKitTests",
            [
                "Primitives", "JSONCoding", "PostgresClient", "Entities", "ServiceKit", configuration, hummingbird,
                httpTypes, jwtKit, logging, nioCore, nioEmbedded,
            ]),
        tests(
            "TenantManagementTests",
            [
                "Primitives", "JSONCoding", "Entities", "ServiceKit", "TenantManagement", configuration, httpTypes,
                logging, nioCore, nioPosix, nioSSL,
            ]),
        tests("ArcTests", ["LocalStack", "CProcess"]),
    ]
)
