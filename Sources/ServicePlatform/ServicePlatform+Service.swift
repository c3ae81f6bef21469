import MessageBus
import OpenTelemetry
import PrometheusMetrics
import RedisClient
import ServiceKit
import ServiceLifecycle
import ServiceMetrics

extension ServicePlatform {
    /// Every way to authenticate.
    func authenticators<Core>(_ features: [any ServiceFeature<Core>]) -> AuthenticatorChain {
        AuthenticatorChain(
            features.flatMap(\.authenticators) + [
                APIKeyAuthenticator(keys: credentials.keys),
                TokenAuthenticator(verifier: verifier, isOther: APIKeyText.isMeant),
            ])
    }

    /// Puts a service together.
    /// - Parameter features: In the order of the OpenAPI document.
    func service<Core: ServiceCore>(
        _ core: Core, features: [any ServiceFeature<Core>], telemetry: ServiceTelemetry
    ) async throws -> HTTPService {
        let keySet = KeySetLoader(tokens, verifier: verifier, logger: logger)
        let idempotency = try IdempotencyStore(
            pool: pool, keys: encryptionKeys, reader: reader, clock: clock, logger: logger)
        let caches = features.reduce(into: [String: EntityCache]()) { $0.merge($1.caches) { $1 } }

        var background: [any Service] = Array(caches.values) + features.flatMap(\.background)
        let listeners = credentials.listeners.merging(caches.mapValues { $0 as any RowChangeListener }) { $1 }
        background.append(RowChangeFollower(pool: database.changesPool, listeners: listeners, logger: logger))
        background.append(try IdempotencyKeyPurge(store: idempotency, reader: reader, clock: clock, logger: logger))
        background += bus.services
        let relay = OutboxRelay(
            pool: database.relayPool, connector: eventSecrets.connector(bus.connector, keys: encryptionKeys),
            listener: database.configuration,
            configuration: try OutboxRelayConfiguration(
                reader: reader, inboxRetention: bus.inboxRetention(atLeast: profile.inboxRetention)),
            clock: clock, logger: logger)
        background.append(relay)
        let consumers = features.flatMap(\.consumers)
        consumerGroups.add(consumers.map(\.group))
        for consumer in consumers { background.append(try consumer.service(on: bus.subscriber)) }
        if let keySet { background.append(keySet) }

        var checks = [database.check()] + features.flatMap(\.healthChecks)
        checks.append(
            HealthCheck(
                "messageBus", isRequired: false,
                advice: "Check that the message bus runs, and EVENT_CONNECTOR with its settings. Events wait for it.",
                isHealthy: bus.isHealthy))
        checks.append(
            HealthCheck.deadLetters { [bus] in
                var count = try await relay.deadLetterCount()
                for consumer in consumers { count += try await bus.deadLetters.deadLetterCount(group: consumer.group) }
                return count
            })
        let outbox = OutboxLog(pool: database.relayPool)
        checks.append(
            lag.check(
                [EventLag.Place("outbox") { try await outbox.backlog() }]
                    + consumers.map { consumer in
                        EventLag.Place(consumer.group) { [bus] in
                            try await bus.backlog.backlog(group: consumer.group)
                        }
                    }))
        if let keySet { checks.append(keySet.healthCheck) }
        if let replicas = database.replicas {
            checks.append(replicas.healthCheck)
            background.append(ReplicaChecks(replicas))
            telemetry.add([.replicas(replicas)])
        }

        telemetry.add([
            .pools(database.pools), .redis(redis), .outbox(outbox, relay, clock: clock),
            .bus(bus, groups: consumers.map(\.group), clock: clock),
        ])
        telemetry.add(features.flatMap(\.metrics) + [.work(background)])
        background += await telemetry.background(checks: checks)
        let tracing = try ServiceTracing.make(
            reader: reader, service: telemetry.service, clock: clock, logger: logger)
        // It ends last, so that it sends the spans of everything else.
        if let exporter = tracing?.exporter {
            background.insert(exporter, at: 0)
            telemetry.add([.spans(exporter)])
        }

        let service = HTTPService(
            configuration: http,
            base: BaseOperations(
                serviceName: profile.serviceName, greeting: "Hello from LoopBack",
                explorerAssets: ExplorerAssets(folder: http.explorerAssetsPath), checks: checks, clock: clock),
            summary: profile.summary, operations: features.flatMap(\.operations) + telemetry.operations,
            catalog: core.catalog,
            authenticators: authenticators(features),
            rateLimiter: limiter, idempotency: idempotency,
            tenantGate: core.tenantGate, tenantPlans: core.tenantPlans, replicated: pool,
            observers: telemetry.observers,
            recorder: tracing?.recorder,
            background: background, origins: origins, reloadable: reloadable,
            atEnd: {
                for feature in features { await feature.shutdown() }
                await bus.shutdown()
                await redis.shutdown()
                await database.shutdown()
                telemetry.end()
            }, clock: clock, logger: logger)
        telemetry.add([.connections(service.load)])
        return service
    }
}
