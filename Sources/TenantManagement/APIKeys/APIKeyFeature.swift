import ConfigurationChecks
import MessageBus
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// API keys: secrets with which programs call the API instead of users.
struct APIKeyFeature: ServiceFeature {
    static let configurationKeys = APIKeyConfiguration.configurationKeys
    static let entities = [FeatureEntity(APIKey.entity, viewPermissions: APIKeyPolicy.access.view.permissions)]
    static let events = [APIKeyEvents.changed]

    let operations: [Operation]
    let background: [any Service]
    let consumers: [FeatureConsumer]

    init(_ core: TenantManagementCore) throws {
        let platform = core.platform
        let repository = APIKeyRepository(pool: platform.pool)
        operations =
            APIKeyController(
                crud: core.crud(
                    APIKey.entity, APIKeyController.path, "ApiKeyController", APIKeyPolicy.access),
                service: APIKeyService(
                    keys: core.repository(APIKey.entity), repository: repository, credentials: platform.credentials,
                    policy: APIKeyPolicy(roles: platform.roles),
                    configuration: try APIKeyConfiguration(reader: platform.reader))
            ).operations
        background = [
            APIKeyUseRecorder(uses: platform.credentials.uses, logger: platform.logger) { uses in
                try await repository.record(uses)
            }
        ]
        consumers = [
            FeatureConsumer(
                group: APIKeyUseConsumer.group, types: APIKeyUseConsumer.types,
                handler: APIKeyUseConsumer(repository: repository).handle)
        ]
    }
}
