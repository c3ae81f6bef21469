import Entities
import Primitives

/// The rules of usage: events are stored once, all of a request or none, and everything is read from their sums.
struct UsageService: Sendable {
    let meters: MeterRepository
    let events: UsageEventRepository
    let sums: UsageRepository
    let tenants: EntitledTenants
    let configuration: UsageConfiguration
    let time: TenantTime

    /// What became of the events of a request.
    struct Outcome: Sendable, Hashable {
        /// New ones.
        let stored: Int
        /// Those that were stored before.
        let repeated: Int
    }

    /// Stores the events of a request.
    /// - Throws: ``UsageError``; then none of them was stored.
    func record(_ sent: [UsageEvent], in context: WriteContext) async throws -> Outcome {
        let known = try await meters.meters(named: Set(sent.map(\.meter)), in: context.scope)
        let named = Set(sent.map(\.tenant))
        let check = UsageEventCheck(
            meters: known, unknownTenants: try await tenants.unknown(among: named), now: context.now,
            clocks: try await time.clocks(of: named), lateness: configuration.lateness)
        let problems = check.problems(in: sent)
        guard problems.isEmpty else { throw UsageError.refused(problems) }
        let items = sent.compactMap { event in
            known[event.meter].map { UsageEventRepository.Item(event: event, meter: $0.id) }
        }
        let stored = try await events.store(items, in: context)
        return Outcome(stored: stored, repeated: sent.count - stored)
    }

    /// What a tenant has used in a period, by meter.
    /// - Throws: ``UsageError``.
    func report(_ query: UsageQuery, in scope: TenantScope) async throws -> UsageReport {
        if let own = scope.tenantID, own != query.tenant { throw UsageError.tenantNotFound }
        if scope.isOperator, try await !tenants.unknown(among: [query.tenant]).isEmpty {
            throw UsageError.tenantNotFound
        }
        var only: MeterRepository.Known?
        if let key = query.meter {
            only = try await meters.meter(named: key, in: scope)
            guard only != nil else {
                throw UsageError.parameter("meter", value: key, reason: "must be the key of a meter")
            }
        }
        let usage = try await sums.usage(
            of: query.tenant, meter: only?.id, from: query.from, to: query.to, in: scope)
        var periods: [UsageReport.Period] = []
        if let every = query.every, let only {
            periods = try await sums.series(
                of: query.tenant, meter: only, every: every, from: query.from, to: query.to, in: scope)
        }
        return UsageReport(query: query, meters: usage, periods: query.every == nil ? nil : periods)
    }
}
