import Foundation
import PostgresTestSupport
import StackTestSupport
import Testing

/// The commands of docs/operations.md for the person on call, typed in the situations that it describes.
@Suite(.serialized, .timeLimit(.minutes(20))) struct OperationsDocumentTests {
    @Test func `every section with commands has a drill`() throws {
        let sections = try OperationsDocument.read().sections.keys.sorted()
        #expect(sections == OperationsDrill.allCases.map(\.rawValue).sorted())
    }

    @Test(arguments: OperationsDrill.allCases)
    func `every command of the document does what the document says`(drill: OperationsDrill) async throws {
        let section = OperationsSection(drill.rawValue, of: try .read())
        try await OperationsShell.run { shell in
            try await drill.run(section, shell)
        }
        #expect(section.left.isEmpty, "the drill does not type these")
    }

    @Test func `every request that the document names is an operation`() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/openapi").standardized
        var operations: Set<String> = []
        for service in ["tenant-management", "subscription", "orchestrator"] {
            let text = try String(contentsOf: folder.appendingPathComponent("\(service).json"), encoding: .utf8)
            var path = ""
            // The documents are indented: paths by four spaces, methods by six. Parsing megabytes would take long here.
            for line in text.split(separator: "\n") {
                if line.hasPrefix("    \"/") {
                    path = String(line.split(separator: "\"")[1])
                } else if line.hasPrefix("      \""), line.hasSuffix("\": {"), !path.isEmpty {
                    operations.insert("\(line.split(separator: "\"")[1].uppercased()) \(Self.form(path))")
                } else if line == "  }," {
                    path = ""
                }
            }
        }
        let requests = try OperationsDocument.read().requests
        #expect(requests.count > 10 && operations.count > 100)
        for (method, path) in requests {
            #expect(operations.contains("\(method) \(Self.form(path))"), "\(method) \(path)")
        }
    }

    /// A path whose parameters have lost their names.
    private static func form(_ path: String) -> String {
        path.split(separator: "/").map { $0.hasPrefix("{") || $0.hasPrefix("…") ? "{}" : String($0) }
            .joined(separator: "/")
    }

    @Test func `commands are found in fences and between backticks, without comments and repetitions`() {
        let document = OperationsDocument(
            """
            ## One
            Type `arc events dead`, after `arc up`, and
            `arc events
            dead`; see `GET /events?x=1`.
            ```sh
            # nothing
            arc events dead          # which
            curl -X POST \\
                "$TM/x"
            ```
            ## Two
            ```sql
            -- all
            SELECT 1
            FROM x;
            \\password
            ```
            """)
        #expect(
            document.sections == [
                "One": [
                    .init(kind: .shell, text: "arc events dead"), .init(kind: .shell, text: #"curl -X POST "$TM/x""#),
                ],
                "Two": [.init(kind: .sql, text: "SELECT 1 FROM x;"), .init(kind: .sql, text: "\\password")],
            ])
        #expect(document.requests.map(\.path) == ["/events"])
    }
}

/// A section of docs/operations.md with commands, and the situation in which they are typed.
enum OperationsDrill: String, CaseIterable, Sendable {
    case troubleshooting = "Troubleshooting"
    case alerts = "Alerts"
    case stuckWork = "Inspecting stuck work"
    case events = "Events that are late, lost or wrong"
    case redis = "A lost Redis"
    case limits = "Clients that get 429"
    case login = "Login of operators"
    case fullDisk = "A full disk"
    case bullMQ = "Looking at the queues of BullMQ"
    case aws = "SQS and EventBridge"
    case stuckTenant = "A tenant that is stuck"
    case webhooks = "Webhooks that do not arrive"
    case tenants = "Tenants that are suspended, off-boarded or erased"
    case auditLog = "The audit log"
    case billing = "Money that does not add up"
    case dataServers = "Data servers"
    case unknownTenant = "A tenant is unknown to the subscription service"
    case roles = "A role or a permission does not work as expected"
    case credentials = "A leaked API key or token"
    case migrations = "Migrations"
    case adoption = "Adopting an ARC SaaS database"
    case secrets = "Rotating secrets"
    case certificates = "Certificates"

    func run(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        switch self {
        case .troubleshooting: try await Self.examine(section, shell)
        case .alerts: try await Self.readMetrics(section, shell)
        case .stuckWork: try await Self.inspectStuckWork(section, shell)
        case .events: try await Self.operateEvents(section, shell)
        case .redis: try await Self.loseRedis(section, shell)
        case .limits: try await Self.liftLimit(section, shell)
        case .login: try await Self.inspectLogin(section, shell)
        case .roles: try await Self.explainRole(section, shell)
        case .fullDisk: try await Self.fillDisk(section, shell)
        case .bullMQ: try await Self.inspectBullMQ(section, shell)
        case .aws: try await Self.inspectAWS(section, shell)
        case .stuckTenant: try await Self.freeStuckTenant(section, shell)
        case .webhooks: try await Self.inspectWebhooks(section, shell)
        case .tenants: try await Self.inspectTenants(section, shell)
        case .auditLog: try await Self.verifyAuditLog(section, shell)
        case .billing: try await Self.checkBilling(section, shell)
        case .dataServers: try await Self.operateDataServers(section, shell)
        case .unknownTenant: try await Self.announceTenant(section, shell)
        case .credentials: try await Self.revokeCredentials(section, shell)
        case .migrations: try await Self.migrate(section, shell)
        case .adoption: try await Self.adopt(section, shell)
        case .secrets: try await Self.rotateSecrets(section, shell)
        case .certificates: try await Self.examineCertificate(section, shell)
        }
    }
}
