package import MessageBus
package import ServiceKit
package import ServiceLifecycle

/// A feature's contribution to a service. A service is a list of features on a ``ServicePlatform``.
package protocol ServiceFeature: Sendable {
    var operations: [Operation] { get }
    /// Caches by the names of the tables whose rows they hold. They run as long as the service.
    var caches: [String: EntityCache] { get }
    /// Work that runs as long as the service.
    var background: [any Service] { get }
    var consumers: [FeatureConsumer] { get }
    /// Checks beside those of the database, the bus and the key set.
    var healthChecks: [HealthCheck] { get }
    /// Closes the feature's own connections, after its work has ended.
    func shutdown() async
}

/// Nothing, unless a feature has it.
extension ServiceFeature {
    package var operations: [Operation] { [] }
    package var caches: [String: EntityCache] { [:] }
    package var background: [any Service] { [] }
    package var consumers: [FeatureConsumer] { [] }
    package var healthChecks: [HealthCheck] { [] }
    /// Closes nothing.
    package func shutdown() async {}
}

/// A feature's handler of events from the bus.
package struct FeatureConsumer: Sendable {
    package let group: String
    package let types: Set<String>
    package let handler: EventHandler

    /// - Parameter group: 1 to 100 characters `a-z 0-9 - _ .`
    package init(group: String, types: Set<String>, handler: @escaping EventHandler) {
        self.group = group
        self.types = types
        self.handler = handler
    }
}
