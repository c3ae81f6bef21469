import ArgumentParser
import Logging
import PostgresClient
import Primitives
import Sealing
import ServiceKit
import ServicePlatform
import Subscription
import TenantManagement

/// `arc audit`: verifies and exports audit logs.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Verify audit logs, export them, and sign them again after a change of keys.",
        discussion: """
            Tenant management and the subscription service record every change of a row in main.audit_logs, in the transaction
            of the change. Each tenant has a chain in each database: every row has the hash of the row before it in its own hash.
            What belongs to no tenant is in the operator's chain.

            Without --service, works on the databases of the stack that `arc up` runs. With --service, works on the database
            given by DB_HOST, DB_PORT and DB_DATABASE as the role DB_MIGRATION_USER (or DB_USER), with the key
            DATA_ENCRYPTION_KEY (or JWT_SECRET), like `arc keys`.

            Examples:
              arc audit verify                                 follow all chains
              arc audit verify --tenant <id> --anchor 812:9f…  and compare a row with what was noted before
              arc audit export --service tenant-management --tenant <id> > audit.jsonl
            """,
        subcommands: [Verify.self, Export.self, Reseal.self])
}

/// A service with an audit log.
enum AuditedService: String, CaseIterable, ExpressibleByArgument {
    case tenantManagement = "tenant-management"
    case subscription

    fileprivate var database: MigratedDatabase {
        switch self {
        case .tenantManagement: .tenantManagement
        case .subscription: .subscription
        }
    }

    /// What its signatures name.
    fileprivate var profileName: String {
        switch self {
        case .tenantManagement: TenantManagementApp.profile.serviceName
        case .subscription: SubscriptionApp.profile.serviceName
        }
    }
}

extension AuditCommand {
    /// Which logs.
    struct Options: ParsableArguments {
        @Option(help: "tenant-management or subscription (default: both databases of `arc up`).")
        var service: AuditedService?

        /// Calls `body` for each log.
        /// - Parameter signs: Whether the command signs what is stored, and not only verifies it.
        func forEach(
            _ command: String, signs: Bool = false,
            _ body: (AuditedService, PostgresPool, AuditSealer) async throws -> Void
        ) async throws {
            CommandSupport.bootstrapQuietLogging()
            for audited in service.map({ [$0] }) ?? AuditedService.allCases {
                do {
                    try await open(audited, command, signs, body)
                } catch let exit as ExitCode {
                    throw exit
                } catch {
                    throw CommandSupport.fail("\(command): \(audited.rawValue): \(error)")
                }
            }
        }

        private func open(
            _ audited: AuditedService, _ command: String, _ signs: Bool,
            _ body: (AuditedService, PostgresPool, AuditSealer) async throws -> Void
        ) async throws {
            let reader = try audited.database.settings(isNamed: service != nil, for: command)
            let keys = signs ? try EncryptionKeys.forWriting(reader: reader) : try EncryptionKeys(reader: reader)
            let sealer = AuditSealer(keys: keys, service: audited.profileName)
            let pool = PostgresPool(
                configuration: try .forMigrations(reader: reader), logger: Logger(label: "arc.audit"))
            try await CommandSupport.closing({ await pool.shutdown() }) { try await body(audited, pool, sealer) }
        }
    }

    /// Which chain.
    struct ChainOption: ParsableArguments {
        @Option(help: "Only the chain of this tenant; `operator` for what belongs to no tenant.")
        var tenant: String?

        func validate() throws {
            guard tenant == nil || identifier != nil else {
                throw ValidationError("--tenant must be the id of a tenant, or operator.")
            }
        }

        /// The chain that is asked for; nil for all.
        var identifier: Identifier? {
            tenant.flatMap { $0 == "operator" ? AuditVerification.operatorChain : Identifier($0) }
        }
    }
}
