import ConfigurationChecks
import Foundation
import JSONCoding
import Logging
import Orchestrator
import ServiceKit
import ServicePlatform
import Subscription
import TenantManagement
import Testing

@Suite
struct DocumentTests {
    /// What the services need to be built; nothing is connected for a document.
    private static let environment = [
        "DB_USER": "arc", "DB_DATABASE": "arc", "MESSAGE_BUS_DB_USER": "arc", "MESSAGE_BUS_DB_DATABASE": "arc",
        "PROVISIONER_DB_USER": "arc", "PROVISIONER_DB_DATABASE": "arc", "JWT_SECRET": "document",
        "TENANT_MANAGEMENT_URL": "http://127.0.0.1:1",
    ]

    private func services() async throws -> [HTTPService] {
        let reader = try EnvironmentReader.make(folder: "/nowhere", environment: Self.environment)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return [
            try await TenantManagementApp.make(reader: reader, logger: logger),
            try await SubscriptionApp.make(reader: reader, logger: logger),
            try await OrchestratorApp.make(reader: reader, logger: logger),
        ]
    }

    @Test func `every reference has its component`() async throws {
        for service in try await services() {
            let document = try JSONValue.parse(stored: service.document.json())
            for reference in references(document) {
                let steps = reference.split(separator: "/").map(String.init)
                #expect(steps.count == 4 && steps[0] == "#")
                #expect(steps.dropFirst().reduce(document) { $0[$1] ?? .null } != .null, "\(reference)")
            }
        }
    }

    /// What is committed is what the services say; `make openapi` writes it anew.
    @Test func `the committed documents are up to date`() async throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/openapi")
        for (service, name) in zip(try await services(), ["tenant-management", "subscription", "orchestrator"]) {
            let committed = try String(contentsOf: folder.appending(path: "\(name).json"), encoding: .utf8)
            let current = try JSONValue.parse(stored: service.document.json()).indented() + "\n"
            #expect(
                committed == current, "docs/openapi/\(name).json is stale: run make openapi and look at what changed")
        }
    }

    /// Examples are what people copy.
    @Test func `examples match their schemas`() async throws {
        for service in try await services() {
            let document = try JSONValue.parse(stored: service.document.json())
            let schemas = document["components"]?["schemas"] ?? .null
            var count = 0
            for (place, content) in mediaTypes(document, at: "") {
                guard let schema = content["schema"], let example = content["example"] else { continue }
                count += 1
                let problems = JSONSchema(components: schemas).problems(example, schema)
                #expect(problems.isEmpty, "\(place): \(problems)")
            }
            #expect(count > 10)
        }
    }

    /// Whatever has a schema and may have an example.
    private func mediaTypes(_ value: JSONValue, at place: String) -> [(String, JSONValue)] {
        switch value {
        case .object(let object):
            (object["schema"] == nil ? [] : [(place, value)])
                + object.flatMap { mediaTypes($1, at: "\(place)/\($0)") }
        case .array(let items): items.enumerated().flatMap { mediaTypes($1, at: "\(place)/\($0)") }
        default: []
        }
    }

    @Test func `operation identifiers are unique and every operation is described`() async throws {
        for service in try await services() {
            let identifiers = service.operations.map(\.operationID)
            #expect(Set(identifiers).count == identifiers.count)
            for operation in service.operations {
                #expect(!operation.summary.isEmpty)
                #expect(operation.operationID.contains("."))
            }
        }
    }

    @Test func `the same descriptions give the same text`() async throws {
        let first = try await services().map { $0.document.json() }
        let second = try await services().map { $0.document.json() }
        #expect(first == second)
    }

    private func references(_ value: JSONValue) -> [String] {
        switch value {
        case .object(let object):
            object.flatMap { name, member in
                name == "$ref" ? [member.stringValue].compactMap(\.self) : references(member)
            }
        case .array(let items): items.flatMap(references)
        default: []
        }
    }
}
