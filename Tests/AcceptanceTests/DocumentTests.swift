import JSONCoding
import Logging
import Orchestrator
import ServiceKit
import Subscription
import TenantManagement
import Testing

@Suite("OpenAPI documents")
struct DocumentTests {
    /// What the services need to be built; nothing is connected for a document.
    private static let environment = [
        "DB_USER": "arc", "DB_DATABASE": "arc", "MESSAGE_BUS_DB_USER": "arc", "MESSAGE_BUS_DB_DATABASE": "arc",
        "PROVISIONER_DB_USER": "arc", "PROVISIONER_DB_DATABASE": "arc", "JWT_SECRET": "document",
        "TENANT_MANAGEMENT_URL": "http://127.0.0.1:1",
    ]

    private func services() async throws -> [HTTPService] {
        let reader = try await EnvironmentReader.make(folder: "/nowhere", environment: Self.environment)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return [
            try await TenantManagementService.make(reader: reader, logger: logger),
            try await SubscriptionService.make(reader: reader, logger: logger),
            try await OrchestratorService.make(reader: reader, logger: logger),
        ]
    }

    @Test func everyReferenceHasItsComponent() async throws {
        for service in try await services() {
            let document = try JSONValue.parse(service.document.json())
            var components: Set<String> = []
            for (name, _) in document["components"]?["schemas"]?.objectValue ?? [:] { components.insert(name) }
            for reference in references(document) {
                #expect(reference.hasPrefix("#/components/schemas/"))
                #expect(components.contains(String(reference.dropFirst("#/components/schemas/".count))), "\(reference)")
            }
        }
    }

    @Test func operationIdentifiersAreUniqueAndEveryOperationIsDescribed() async throws {
        for service in try await services() {
            let identifiers = service.operations.map(\.operationID)
            #expect(Set(identifiers).count == identifiers.count)
            for operation in service.operations {
                #expect(!operation.summary.isEmpty)
                #expect(operation.operationID.contains("."))
            }
        }
    }

    @Test func theSameDescriptionsGiveTheSameText() async throws {
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
