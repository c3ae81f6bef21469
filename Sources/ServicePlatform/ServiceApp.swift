package import Configuration
package import ConfigurationChecks
package import Entities
package import KeyRotation
package import Logging
package import MessageBus
package import Primitives
package import ServiceKit
import ServiceMetrics

/// A deployable service: its profile and the list of its features.
package protocol ServiceApp {
    associatedtype Core: ServiceCore

    static var profile: ServicePlatform.Profile { get }
    /// In the order of the OpenAPI document.
    static var features: [any ServiceFeature<Core>.Type] { get }
}

extension ServiceApp {
    /// Every setting that the service reads.
    package static var configurationKeys: ConfigurationKeys {
        ConfigurationKeys(combining: [ServicePlatform.configurationKeys] + features.map { $0.configurationKeys })
    }

    /// The columns of the service's database with sealed values.
    package static var sealedColumns: [SealedColumn] {
        [IdempotencyStore.sealedColumn, SealedEvents.outbox] + features.flatMap { $0.sealedColumns }
    }

    /// The entities of all features.
    /// - Throws: When the descriptions contradict each other, or two features own one entity.
    package static func catalog() throws(EntityCatalogError) -> EntityCatalog {
        try EntityCatalog(entities.map(\.entity))
    }

    private static var entities: [FeatureEntity] { features.flatMap { $0.entities } }

    /// Builds the service from its configuration. Nothing is connected before it runs, or is first used.
    /// - Parameter bus: The message bus; nil to use the configured one.
    /// - Throws: `ConfigurationFailure` that names the variable.
    package static func make(
        reader: ConfigReader, clock: any WallClock = SystemClock(), bus: MessageBusConnection? = nil, logger: Logger
    ) async throws -> HTTPService {
        try configurationKeys.check(reader, together: bus == nil)
        let telemetry = try profile.telemetry(reader: reader, clock: clock, logger: logger)
        return try await telemetry.measuring {
            let (core, made) = try await assemble(reader: reader, clock: clock, bus: bus, logger: logger)
            return try await core.platform.service(core, features: made, telemetry: telemetry)
        }
    }

    /// What the service publishes and consumes, for the document of events. Nothing is connected.
    /// - Parameter name: As the command line names it.
    package static func eventParticipant(
        named name: String, reader: ConfigReader, logger: Logger
    ) async throws -> EventParticipant {
        let (_, made) = try await assemble(reader: reader, clock: SystemClock(), bus: nil, logger: logger)
        let groups = made.flatMap(\.consumers).map(\.participation)
        return EventParticipant(name: name, publishes: features.flatMap { $0.events }, groups: groups)
    }

    static func assemble(
        reader: ConfigReader, clock: any WallClock, bus: MessageBusConnection?, logger: Logger
    ) async throws -> (Core, [any ServiceFeature<Core>]) {
        let catalog = try Self.catalog()
        let platform = try await ServicePlatform(profile, reader: reader, clock: clock, bus: bus, logger: logger)
        let views = ViewPermissions(
            Dictionary(uniqueKeysWithValues: entities.map { ($0.entity.name, $0.viewPermissions) }))
        let core = try Core(platform, catalog: catalog, views: views)
        var made: [any ServiceFeature<Core>] = []
        for feature in features { made.append(try await feature.init(core)) }
        return (core, made)
    }
}
