import Entities
import JSONCoding
import PostgresClient
import Primitives

/// SQL of meters that their description does not have.
struct MeterRepository: Sendable {
    let entities: EntityRepository
    let features: EntityRepository

    /// A meter as events and limits need it.
    struct Known: Sendable {
        let id: Identifier
        let key: String
        let aggregation: Meter.Aggregation
        let unit: String?
        let limitPeriod: Meter.LimitPeriod
        let allowsOverage: Bool
        let featureKey: String?
        /// Percentages of the limit.
        let alertThresholds: [Int]

        init(_ record: Record) throws {
            id = try record.id
            key = try record[Meter.key]
            aggregation = try record[Meter.aggregation]
            unit = try record[ifPresent: Meter.unit]
            limitPeriod = try record[Meter.limitPeriod]
            allowsOverage = try record[Meter.allowsOverage]
            featureKey = try record[ifPresent: Meter.featureKey]
            let thresholds = try JSONValue.parse(stored: try record[Meter.alertThresholds].bytes)
            alertThresholds = thresholds.arrayValue?.compactMap(\.intValue) ?? []
        }
    }

    /// The meters with these keys, by key.
    func meters(named keys: Set<String>, in scope: TenantScope) async throws -> [String: Known] {
        try await meters(where: .oneOf(Meter.key, keys.sorted()), in: scope) { $0.key }
    }

    /// The meters that are limited by features with these keys, by the key of the feature.
    func meters(limitedBy features: Set<String>, in scope: TenantScope) async throws -> [String: Known] {
        guard !features.isEmpty else { return [:] }
        return try await meters(where: .oneOf(Meter.featureKey, features.sorted()), in: scope) { $0.featureKey ?? "" }
    }

    /// The meter with that key.
    func meter(named key: String, in scope: TenantScope) async throws -> Known? {
        try await meters(named: [key], in: scope)[key]
    }

    /// The meter with that id.
    func meter(_ id: Identifier, in scope: TenantScope) async throws -> Known? {
        try await entities.find(Filter(where: .equals(Entity.id, id)), in: scope).first.map { try Known($0) }
    }

    /// Whether there is a feature with that key.
    func hasFeature(_ key: String, in scope: TenantScope) async throws -> Bool {
        try await features.count(.equals(Feature.key, key), in: scope) > 0
    }

    func exists(_ id: Identifier, in scope: TenantScope) async throws -> Bool {
        try await entities.count(.equals(Entity.id, id), in: scope) > 0
    }

    private func meters(
        where condition: Where, in scope: TenantScope, by name: (Known) -> String
    ) async throws -> [String: Known] {
        var found: [String: Known] = [:]
        for record in try await entities.find(Filter(where: condition), in: scope) {
            let meter = try Known(record)
            found[name(meter)] = meter
        }
        return found
    }
}
