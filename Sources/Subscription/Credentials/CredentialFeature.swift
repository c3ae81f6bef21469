import MessageBus
import Primitives
import ServiceKit
import ServiceLifecycle
import ServicePlatform

/// Follows API keys and revoked tokens, as tenant management announces them.
struct CredentialFeature: ServiceFeature {
    static let events = [APIKeyUseEvent.description]

    let background: [any Service]
    let consumers: [FeatureConsumer]

    init(_ core: SubscriptionCore) {
        let platform = core.platform
        let (clock, logger) = (platform.clock, platform.logger)
        let repository = CredentialRepository(pool: platform.pool)
        let consumer = CredentialConsumer(
            repository: repository, credentials: platform.credentials, clock: clock)
        background = [
            APIKeyUseRecorder(uses: platform.credentials.uses, logger: logger) { uses in
                try await repository.publish(try APIKeyUseEvent.event(uses, at: clock.now()))
            },
            CredentialRetention(repository: repository, clock: clock, logger: logger),
            RevocationPurge(
                repository: RevocationRepository(pool: platform.pool), clock: clock, logger: logger),
        ]
        consumers = [
            FeatureConsumer(
                group: CredentialConsumer.group, types: CredentialConsumer.types, handler: consumer.handle)
        ]
    }
}
