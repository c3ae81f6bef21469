import Entities
import Primitives

/// The rules of reservations: what is reserved and used of a limit is never more than the limit, whoever asks at the same time.
struct ReservationService: Sendable {
    let entitlements: EntitlementService
    let reservations: ReservationRepository
    let meters: MeterRepository

    /// What is asked for.
    struct Request: Sendable, Hashable {
        let tenant: Identifier
        let feature: String
        let quantity: String
        let lifetime: Duration
    }

    /// A reservation with what is left of its limit.
    struct Shown: Sendable {
        let reservation: UsageReservation
        let amount: MeteredAmount?
    }

    /// Reserves a part of a limit.
    /// - Throws: ``EntitlementError``.
    func reserve(_ request: Request, in context: WriteContext) async throws -> Shown {
        let entry = try await entry(of: request.tenant, request.feature, at: context.now, in: context.scope)
        guard let amount = entry.amount, amount.meter.aggregation.isAdditive else {
            throw EntitlementError.notReservable
        }
        try Self.check(request.quantity, for: amount.meter)
        let reservation = UsageReservation(
            id: .v7(at: context.now), tenant: request.tenant, meter: amount.meter.id, feature: request.feature,
            quantity: request.quantity, used: nil, isReleased: false, expires: context.now.adding(request.lifetime))
        let isGranted = try await reservations.reserve(
            reservation, of: amount.meter, limit: amount.limit, in: context)
        guard isGranted else {
            let current = try await entitlementAmount(of: reservation, at: context.now, in: context.scope)
            throw EntitlementError.limitExceeded(current ?? amount)
        }
        return try await shown(reservation, at: context.now, in: context.scope)
    }

    /// A reservation that was made before.
    func find(_ id: Identifier, of tenant: Identifier, at now: Timestamp, in scope: TenantScope) async throws -> Shown {
        guard let reservation = try await reservations.find(id, of: tenant, in: scope) else {
            throw EntitlementError.reservationNotFound
        }
        return try await shown(reservation, at: now, in: scope)
    }

    /// Turns a reservation into usage. Repeated, it changes nothing and succeeds again.
    /// - Parameter quantity: What was used, at most what was reserved; nil for all of it.
    /// - Throws: ``EntitlementError``.
    func use(
        _ id: Identifier, of tenant: Identifier, quantity: String?, in context: WriteContext
    ) async throws -> Shown {
        guard let reservation = try await reservations.find(id, of: tenant, in: context.scope) else {
            throw EntitlementError.reservationNotFound
        }
        let used = UsageQuantity.trimmed(quantity ?? reservation.quantity)
        guard let meter = try await meters.meter(reservation.meter, in: context.scope) else {
            throw EntitlementError.notReservable
        }
        try Self.check(used, for: meter, allowsZero: true)
        guard UsageQuantity.isAtMost(used, reservation.quantity) else {
            throw EntitlementError.quantity("must not be more than the \(reservation.quantity) that were reserved")
        }
        if reservation.ending(at: context.now) == nil, try await reservations.end(reservation, used: used, in: context)
        {
            return try await find(id, of: tenant, at: context.now, in: context.scope)
        }
        let ended = try await find(id, of: tenant, at: context.now, in: context.scope)
        if ended.reservation.used == used { return ended }
        throw EntitlementError.reservationEnded(ended.reservation.ending(at: context.now) ?? .expired)
    }

    /// Gives back what was reserved. Repeated, or after its end, it changes nothing and succeeds.
    /// - Throws: ``EntitlementError``, if it was used.
    func release(_ id: Identifier, of tenant: Identifier, in context: WriteContext) async throws {
        guard let reservation = try await reservations.find(id, of: tenant, in: context.scope) else {
            throw EntitlementError.reservationNotFound
        }
        if reservation.ending(at: context.now) == nil, try await reservations.end(reservation, used: nil, in: context) {
            return
        }
        let ended = try await reservations.find(id, of: tenant, in: context.scope)
        if ended?.used != nil { throw EntitlementError.reservationEnded(.used) }
    }

    private static func check(
        _ quantity: String, for meter: MeterRepository.Known, allowsZero: Bool = false
    ) throws(EntitlementError) {
        if !allowsZero, UsageQuantity.trimmed(quantity).allSatisfy({ $0 == "0" }) {
            throw .quantity("must be more than 0")
        }
        if meter.aggregation == .count, UsageQuantity.trimmed(quantity).contains(".") {
            throw .quantity("must be a whole number, because the meter counts")
        }
    }

    private func entry(
        of tenant: Identifier, _ feature: String, at now: Timestamp, in scope: TenantScope
    ) async throws -> EntitlementService.Entry {
        let entries = try await entitlements.entries(of: tenant, features: [feature], at: now, in: scope)
        guard let entry = entries.first else { throw EntitlementError.featureNotFound }
        return entry
    }

    private func entitlementAmount(
        of reservation: UsageReservation, at now: Timestamp, in scope: TenantScope
    ) async throws -> MeteredAmount? {
        do {
            return try await entry(of: reservation.tenant, reservation.feature, at: now, in: scope).amount
        } catch EntitlementError.featureNotFound {
            return nil
        }
    }

    private func shown(
        _ reservation: UsageReservation, at now: Timestamp, in scope: TenantScope
    ) async throws -> Shown {
        Shown(
            reservation: reservation, amount: try await entitlementAmount(of: reservation, at: now, in: scope))
    }
}
