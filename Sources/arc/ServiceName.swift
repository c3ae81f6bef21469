import ArgumentParser
import Configuration
import ConfigurationChecks
import KeyRotation
import LocalStack
import Logging
import MessageBus
import Migrations
import Orchestrator
import PostgresClient
import ServiceKit
import ServicePlatform
import Subscription
import TenantManagement

/// The services that commands accept as an argument.
enum ServiceName: String, CaseIterable, ExpressibleByArgument {
    case tenantManagement = "tenant-management"
    case subscription
    case orchestrator

    /// Builds the service from a configuration.
    func make(reader: ConfigReader, logger: Logger) async throws -> HTTPService {
        switch self {
        case .tenantManagement: try await TenantManagementApp.make(reader: reader, logger: logger)
        case .subscription: try await SubscriptionApp.make(reader: reader, logger: logger)
        case .orchestrator: try await OrchestratorApp.make(reader: reader, logger: logger)
        }
    }

    /// Explains what the service decides about a request.
    func explainAuthorization(
        of method: String, _ path: String, token: String?, reader: ConfigReader, logger: Logger
    ) async throws -> AuthorizationExplanation {
        switch self {
        case .tenantManagement:
            try await TenantManagementApp.explainAuthorization(
                of: method, path, token: token, reader: reader, logger: logger)
        case .subscription:
            try await SubscriptionApp.explainAuthorization(
                of: method, path, token: token, reader: reader, logger: logger)
        case .orchestrator: throw CommandFailure(description: "the orchestrator has no operations that take tokens")
        }
    }

    /// What the service publishes and consumes.
    func eventParticipant(reader: ConfigReader, logger: Logger) async throws -> EventParticipant {
        switch self {
        case .tenantManagement:
            try await TenantManagementApp.eventParticipant(named: rawValue, reader: reader, logger: logger)
        case .subscription:
            try await SubscriptionApp.eventParticipant(named: rawValue, reader: reader, logger: logger)
        case .orchestrator:
            try await OrchestratorApp.eventParticipant(named: rawValue, reader: reader, logger: logger)
        }
    }

    /// The settings of all services. One environment often has those of several.
    static var configurationKeys: ConfigurationKeys {
        ConfigurationKeys(
            combining: allCases.map(\.settings) + [
                PostgresConfiguration.migrationKeys, StackSettings.configurationKeys,
            ])
    }

    /// The settings of the service.
    var settings: ConfigurationKeys {
        switch self {
        case .tenantManagement: TenantManagementApp.configurationKeys
        case .subscription: SubscriptionApp.configurationKeys
        case .orchestrator: OrchestratorApp.configurationKeys
        }
    }

    /// Its part of `arc up`.
    var stackService: StackService {
        switch self {
        case .tenantManagement: .tenantManagement
        case .subscription: .subscription
        case .orchestrator: .orchestrator
        }
    }

    /// Values for building a service only for its OpenAPI document.
    static let documentDefaults = [
        "DB_USER": "arc", "DB_DATABASE": "arc", "MESSAGE_BUS_DB_USER": "arc", "MESSAGE_BUS_DB_DATABASE": "arc",
        "PROVISIONER_DB_USER": "arc", "PROVISIONER_DB_DATABASE": "arc", "JWT_SECRET": "document-only",
        "TENANT_MANAGEMENT_URL": "http://127.0.0.1:3005",
    ]
}

extension EventParticipant {
    /// All services, with what they publish and consume. Nothing is connected.
    static func all(logger: Logger) async throws -> [EventParticipant] {
        let reader = try EnvironmentReader.make(bound: ServiceName.documentDefaults, environment: [:])
        var participants: [EventParticipant] = []
        for service in ServiceName.allCases {
            participants.append(try await service.eventParticipant(reader: reader, logger: logger))
        }
        return participants
    }
}

/// A database that has migrations: each service's own, and the message bus.
enum MigratedDatabase: String, CaseIterable, ExpressibleByArgument {
    case messageBus = "message-bus"
    case tenantManagement = "tenant-management"
    case subscription
    case orchestrator

    var migrations: [Migration] {
        switch self {
        case .messageBus: MessageBusMigrations.all
        case .tenantManagement: TenantManagementMigrations.all
        case .subscription: SubscriptionMigrations.all
        case .orchestrator: OrchestratorMigrations.all
        }
    }

    /// The columns with sealed values.
    var sealedColumns: [SealedColumn] {
        switch self {
        case .messageBus: [SealedEvents.messages]
        case .tenantManagement: TenantManagementApp.sealedColumns
        case .subscription: SubscriptionApp.sealedColumns
        case .orchestrator: OrchestratorApp.sealedColumns
        }
    }

    /// Its part of `arc up`.
    var plan: DatabasePlan.Database {
        switch self {
        case .messageBus: DatabasePlan.messageBus
        case .tenantManagement: DatabasePlan.tenantManagement
        case .subscription: DatabasePlan.subscription
        case .orchestrator: DatabasePlan.orchestrator
        }
    }
}
