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
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")

// Groups: what is nearly always used together.
let values: [Target.Dependency] = ["Primitives", "JSONCoding"]
let settings: [Target.Dependency] = ["ConfigurationChecks", configuration]
let background: [Target.Dependency] = [lifecycle, logging]
let outgoingHTTP: [Target.Dependency] = [asyncHTTPClient, nioCore, nioHTTP1]
/// What every service is built on.
let service: [Target.Dependency] =
    values + settings + background
    + ["PostgresClient", "Migrations", "Entities", "WorkQueue", "MessageBus", "ServiceKit", crypto, httpTypes, nioCore]
/// What tests of a whole service use beside it.
let serviceTests: [Target.Dependency] =
    values + settings + background + [
        "PostgresClient", "Migrations", "Entities", "WorkQueue", "MessageBus", "ServiceKit", "ServicePlatform",
        httpTypes, nioCore,
    ]

/// A library. The order below is the layering: a target depends on targets above it only.
func library(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: unique(dependencies), resources: resources, swiftSettings: strict)
}

/// The tests of a library.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: unique(dependencies), swiftSettings: strict)
}

/// Groups overlap; the package manager warns of repetitions.
func unique(_ dependencies: [Target.Dependency]) -> [Target.Dependency] {
    var seen: Set<String> = []
    return dependencies.filter { seen.insert("\($0)").inserted }
}

let package = Package(
    name: "arc",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "arc", targets: ["arc"]),
        .executable(name: "arc-pdf", targets: ["arc-pdf"]),
    ],
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
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
    ],
    targets: [
        .target(name: "CProcess"),
        .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CPango", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        library("Primitives", []),
        library("TraceRecording", ["Primitives", tracing]),
        library("JSONCoding", ["Primitives"]),
        library("ConfigurationChecks", [configuration]),
        library("TransportSecurity", ["ConfigurationChecks", nioCore, nioSSL]),
        library("Sealing", ["Primitives", crypto]),
        library("PDFDocuments", ["CProcess", "Primitives", "JSONCoding", logging]),
        library(
            "PostgresClient", settings + ["CLibpq", "Primitives", "TraceRecording", coreMetrics, deque, logging]),
        library(
            "RedisClient",
            settings + [
                "Primitives", "TraceRecording", "TransportSecurity", coreMetrics, crypto, nioCore, nioPosix, nioSSL,
                deque,
                logging,
            ]),
        library(
            "OutboundHTTP",
            ["Primitives", "TraceRecording", "TransportSecurity", asyncHTTPClient, nioCore, nioHTTP1, nioSSL]),
        library("AWS", values + settings + ["OutboundHTTP", crypto, logging, nioHTTP1]),
        library("DNSClient", settings + ["Primitives", nioCore, nioPosix]),
        library("Migrations", ["Primitives", "PostgresClient", logging]),
        library("KeyRotation", values + ["PostgresClient", "Sealing"]),
        library("WorkQueue", background + ["Primitives", "PostgresClient", "TraceRecording", coreMetrics]),
        library("Observability", values + [logging]),
        library(
            "OpenTelemetry",
            values + settings + background + [
                "CZlib", "OutboundHTTP", "TraceRecording", "TransportSecurity", "WorkQueue", nioHTTP1, nioSSL,
            ]),
        library("PrometheusMetrics", ["Primitives", coreMetrics, logging]),
        library("Entities", values + ["PostgresClient"]),
        library(
            "MessageBus",
            values + settings + background + [
                "PostgresClient", "Migrations", "Entities", "WorkQueue", "TraceRecording", coreMetrics,
            ],
            resources: [.embedInCode("Migrations")]),
        library(
            "MessageBusBullMQ",
            values + settings + background + ["RedisClient", "WorkQueue", "MessageBus", crypto],
            resources: [.embedInCode("Scripts")]),
        library(
            "MessageBusSQS",
            values + settings + background + ["AWS", "WorkQueue", "MessageBus"]),
        library(
            "MessageBusEventBridge",
            values + settings + background + ["AWS", "WorkQueue", "MessageBus", "MessageBusSQS"]),
        library("Billing", ["Primitives"]),
        library("SampleData", ["Primitives", "PostgresClient", "Billing", logging]),
        library("BillingPreview", values + ["Billing"]),
        library("EInvoicing", ["Billing"]),
        library(
            "ServiceKit",
            values + settings + background + [
                "CProcess", "PostgresClient", "RedisClient", "OutboundHTTP", "Observability", "Entities", "Sealing",
                "KeyRotation", "WorkQueue", "TraceRecording", hummingbird, hummingbirdCore, httpTypes, jwtKit,
                coreMetrics, crypto,
                deque, nioCore,
                nioHTTP1,
                unixSignals,
            ]),
        library(
            "ServiceMetrics",
            values + settings + background + [
                "PostgresClient", "RedisClient", "Entities", "WorkQueue", "PrometheusMetrics", "ServiceKit",
                coreMetrics,
                crypto, httpTypes, nioCore, nioHTTP1, nioPosix,
            ]),
        library(
            "ServicePlatform",
            settings + background + [
                "Primitives", "JSONCoding", "PostgresClient", "RedisClient", "Entities", "WorkQueue", "MessageBus",
                "MessageBusBullMQ", "MessageBusEventBridge", "MessageBusSQS", "PrometheusMetrics", "ServiceKit",
                "ServiceMetrics", "Sealing", "KeyRotation", "OpenTelemetry", "PDFDocuments", coreMetrics, crypto,
                httpTypes, nioCore,
            ]),
        library(
            "TenantManagement",
            service + [
                "ServicePlatform", "PrometheusMetrics", "TraceRecording", coreMetrics,
                "RedisClient", "OutboundHTTP", "DNSClient", "Sealing", "KeyRotation", "TransportSecurity",
                "PDFDocuments", "Billing",
                nioHTTP1,
                nioPosix, nioSSL,
            ],
            resources: [.embedInCode("Migrations")]),
        library(
            "Subscription",
            service + [
                "ServicePlatform", "PrometheusMetrics", "RedisClient", "Billing", "BillingPreview", "Sealing",
                "KeyRotation", "OutboundHTTP", "PDFDocuments", "EInvoicing", coreMetrics, nioHTTP1,
            ],
            resources: [.embedInCode("Migrations")]),
        library(
            "Orchestrator",
            service + [
                "ServicePlatform", "PrometheusMetrics", "ServiceMetrics", "CProcess", "OutboundHTTP", "Sealing",
                "KeyRotation", "OpenTelemetry", "TraceRecording",
                coreMetrics,
                nioHTTP1,
            ],
            resources: [.embedInCode("Migrations")]),
        library("LocalStack", ["CProcess", "ConfigurationChecks", "Primitives"]),
        // Draws PDF documents in processes of its own; only this program links Pango and Cairo.
        .executableTarget(
            name: "arc-pdf", dependencies: ["CPango", "CProcess", "JSONCoding", "PDFDocuments"], swiftSettings: strict),
        .executableTarget(
            name: "arc",
            dependencies: values + settings + outgoingHTTP + [
                "CProcess", "TenantManagement", "Subscription", "Orchestrator", "LocalStack", "ServiceKit",
                "ServicePlatform",
                "Entities", "MessageBus", "PDFDocuments", "Observability", "PostgresClient", "Migrations",
                "KeyRotation", "Billing", "SampleData",
                "RedisClient", "PrometheusMetrics", "ServiceMetrics", "OpenTelemetry",
                argumentParser, logging, unixSignals,
            ],
            swiftSettings: strict),

        // Regular targets without tests: conditions and programs, then databases, then whole services.
        .target(
            name: "BillingExamples", dependencies: ["JSONCoding"], path: "Tests/BillingExamples", swiftSettings: strict),
        .target(name: "CTestProcess", path: "Tests/CTestProcess"),
        .target(
            name: "TestSupport", dependencies: ["CProcess", "CTestProcess", logging], path: "Tests/TestSupport",
            swiftSettings: strict),
        .target(
            name: "PostgresTestSupport",
            dependencies: ["TestSupport", "Primitives", "PostgresClient", "Migrations", logging],
            path: "Tests/PostgresTestSupport", swiftSettings: strict),
        .target(
            name: "RedisTestSupport", dependencies: ["TestSupport", "RedisClient", "ConfigurationChecks"],
            path: "Tests/RedisTestSupport", swiftSettings: strict),
        // The rules of the bus as checks that the tests of every connector run.
        .target(
            name: "MessageBusTestSupport",
            dependencies: values + ["TestSupport", "WorkQueue", "MessageBus", lifecycle],
            path: "Tests/MessageBusTestSupport", swiftSettings: strict),
        .target(
            name: "StackTestSupport",
            dependencies: unique(
                serviceTests + outgoingHTTP + [
                    "TestSupport", "PostgresTestSupport", "AWS", "TenantManagement", "Subscription", "Orchestrator",
                    nioPosix,
                ]),
            path: "Tests/StackTestSupport", swiftSettings: strict),
        tests(
            "AcceptanceTests",
            serviceTests + [
                "TestSupport", "PostgresTestSupport", "RedisTestSupport", "StackTestSupport", "RedisClient", "Sealing",
                "KeyRotation",
                "TenantManagement",
                "Subscription", "Orchestrator", "LocalStack", "MessageBusSQS", "PrometheusMetrics", "ServiceMetrics",
                crypto,
                cryptoExtras, nioHTTP1,
            ]),
        tests(
            "FaultTests",
            values + ["PostgresTestSupport", "RedisTestSupport", "StackTestSupport", "PostgresClient", "ServiceKit"]),
        // Parsers of bytes from outside, and mutations that try them: in a short run of the tests, and for as long as one likes.
        .target(
            name: "ParserFuzzing",
            dependencies: unique(
                values + [
                    "TestSupport", "PostgresClient", "RedisClient", "OutboundHTTP", "AWS", "DNSClient", "Entities",
                    "MessageBus",
                    "MessageBusBullMQ", "ServiceKit", "TenantManagement", httpTypes, logging, nioCore,
                ]),
            path: "Tests/ParserFuzzing", swiftSettings: strict),
        .executableTarget(
            name: "parser-fuzzer", dependencies: ["ParserFuzzing"], path: "Tests/ParserFuzzer", swiftSettings: strict),
        tests("ParserFuzzTests", ["ParserFuzzing"]),
        // Invariants of billing on random scenarios, in the same two ways.
        .target(
            name: "BillingProperties", dependencies: values + ["TestSupport", "Billing", "BillingPreview"],
            path: "Tests/BillingProperties", swiftSettings: strict),
        .executableTarget(
            name: "billing-fuzzer", dependencies: ["BillingProperties"], path: "Tests/BillingFuzzer",
            swiftSettings: strict),
        tests("PrimitivesTests", ["Primitives"]),
        tests("JSONCodingTests", values),
        tests("ConfigurationChecksTests", settings),
        tests("PDFDocumentsTests", ["TestSupport", "StackTestSupport", "JSONCoding", "PDFDocuments", logging]),
        tests("BillingTests", ["Primitives", "Billing"]),
        tests("SampleDataTests", ["Primitives", "Billing", "SampleData"]),
        tests(
            "BillingPreviewTests", values + ["Billing", "BillingPreview", "BillingExamples", "BillingProperties"]),
        tests(
            "PostgresClientTests",
            settings + ["PostgresTestSupport", "Primitives", "PostgresClient", "Migrations", logging]),
        tests("MigrationsTests", ["TestSupport", "PostgresTestSupport", "PostgresClient", "Migrations"]),
        tests(
            "RedisClientTests",
            settings + [
                "Primitives", "TestSupport", "RedisTestSupport", "RedisClient", "TraceRecording", logging, nioCore,
                nioEmbedded,
            ]),
        tests("DNSClientTests", settings + ["TestSupport", "StackTestSupport", "DNSClient", nioCore]),
        tests(
            "KeyRotationTests",
            values + ["TestSupport", "PostgresTestSupport", "PostgresClient", "Sealing", "KeyRotation"]),
        tests("OutboundHTTPTests", ["Primitives", "OutboundHTTP", nioCore, nioHTTP1, nioPosix]),
        tests(
            "AWSTests",
            values + settings + ["TestSupport", "StackTestSupport", "OutboundHTTP", "AWS", crypto, logging, nioHTTP1]),
        tests("EntitiesTests", values + ["PostgresTestSupport", "PostgresClient", "Entities", logging]),
        tests("WorkQueueTests", background + ["TestSupport", "Primitives", "TraceRecording", "WorkQueue"]),
        tests(
            "MessageBusTests",
            values + settings + background + [
                "TestSupport", "PostgresTestSupport", "MessageBusTestSupport", "PostgresClient", "Migrations",
                "Entities", "WorkQueue", "MessageBus", "ServicePlatform",
            ]),
        tests(
            "MessageBusSQSTests",
            values + settings + background + [
                "TestSupport", "MessageBusTestSupport", "StackTestSupport", "AWS", "WorkQueue", "MessageBus",
                "MessageBusSQS", nioHTTP1,
            ]),
        tests(
            "MessageBusEventBridgeTests",
            values + settings + background + [
                "TestSupport", "MessageBusTestSupport", "StackTestSupport", "AWS", "WorkQueue", "MessageBus",
                "MessageBusSQS", "MessageBusEventBridge",
            ]),
        tests(
            "MessageBusBullMQTests",
            values + settings + background + [
                "TestSupport", "PostgresTestSupport", "RedisTestSupport", "MessageBusTestSupport", "PostgresClient",
                "Migrations", "RedisClient", "WorkQueue", "MessageBus", "MessageBusBullMQ",
            ]),
        tests(
            "OrchestratorTests",
            serviceTests + outgoingHTTP + ["PostgresTestSupport", "StackTestSupport", "Sealing", "Orchestrator"]),
        tests(
            "SubscriptionTests",
            serviceTests + outgoingHTTP + [
                "PostgresTestSupport", "StackTestSupport", "Billing", "BillingExamples", "BillingPreview", "EInvoicing",
                "PDFDocuments", "Sealing", "Subscription",
                crypto,
            ]),
        tests("TraceRecordingTests", ["Primitives", "TraceRecording", tracing]),
        tests(
            "OpenTelemetryTests",
            values + settings + background + ["TestSupport", "OpenTelemetry", "TraceRecording", "WorkQueue"]),
        tests("ObservabilityTests", values + ["Observability", logging]),
        tests("PrometheusMetricsTests", ["TestSupport", "Primitives", "PrometheusMetrics", coreMetrics, logging]),
        tests(
            "ServiceKitTests",
            values + settings + [
                "TestSupport", "RedisTestSupport", "PostgresClient", "RedisClient", "Entities", "Observability",
                "Sealing", "ServiceKit", "TraceRecording", "CProcess", crypto, hummingbird, hummingbirdCore, httpTypes,
                jwtKit, logging, nioCore, nioEmbedded, nioHTTP1, nioPosix, tracing,
            ]),
        tests(
            "TenantManagementTests",
            serviceTests + ["TestSupport", "Sealing", "TenantManagement", crypto, nioHTTP1, nioPosix, nioSSL]),
        tests(
            "ServicePlatformTests",
            ["TestSupport", "Primitives", "Sealing", "Entities", "ServiceKit", "ServicePlatform"]),
        tests("ArcTests", ["TestSupport", "LocalStack"]),
    ]
)
