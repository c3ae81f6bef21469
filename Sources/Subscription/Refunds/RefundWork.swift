import Billing
import Entities
import PostgresClient
import Primitives
import WorkQueue

/// A refund that is due, claimed by this process.
struct RefundWork: LeasedItem {
    let handle: RowClaim
    let order: RefundOrder?
    let failures: Int

    /// The same for every attempt.
    var key: String { "refund:\(handle.row)" }
    var description: WorkDescription {
        WorkDescription(
            queue: RefundStore.queue, kind: "credit_note", id: handle.row.description, attempt: failures + 1)
    }
}

/// Refunds that are due, as leased work.
struct RefundStore: LeasedStore {
    static let queue = "refunds"

    private let table: LeasedTable

    init(pool: PostgresPool) {
        table = LeasedTable(pool: pool, settings: TenantScope.everyTenant, statements: Self.statements)
    }

    func claim(_ request: ClaimRequest) async throws -> [RefundWork] {
        try await table.claim(request) { handle, row in
            let amount = try row.int64(2)
            let currency = try row.textIfPresent(3).flatMap { try? Currency($0) }
            let payment = try row.text(1)
            return RefundWork(
                handle: handle,
                order: currency.map {
                    RefundOrder(payment: payment, amount: Money(minorUnits: amount, currency: $0))
                }, failures: try row.int(4))
        }
    }

    func renew(_ items: [RefundWork], lease: Duration) async throws -> Set<RowClaim> {
        try await table.renew(items.map(\.handle), lease: lease)
    }

    func settle(
        _ settlements: [(item: RefundWork, settlement: Settlement<RefundResult>)]
    ) async throws -> Set<RowClaim> {
        try await table.settle(settlements) { work, result in
            let (refund, failure): (String?, String?) =
                switch result {
                case .refunded(let id): (id, nil)
                case .failed(let code): (nil, code)
                }
            return BoundStatement(
                Self.ending,
                work.handle.values + [
                    .optional(refund) { .text($0.prefix(scalars: 100)) },
                    .optional(failure) { .text($0.prefix(scalars: 100)) },
                ])
        }
    }

    func timeUntilDue() async throws -> Duration? { try await table.timeUntilDue() }

    func backlog() async throws -> WorkBacklog? { try await table.backlog(Self.queue) }

    private static let statements = LeasedTableStatements(
        table: "main.provider_refunds", returning: "work.payment, work.amount, work.currency_code, work.attempts")

    private static let ending: PostgresStatement = """
        UPDATE main.provider_refunds
        SET refund = $3, failure_code = $4, refunded_on = CASE WHEN $4::varchar IS NULL THEN date_trunc('milliseconds', now()) END,
            due_at = NULL, claim = NULL, last_error = NULL, row_version = row_version + 1
        WHERE id = $1 AND claim = $2
        """
}

/// Asks the provider for refunds. The same key is asked for until there is an answer.
struct RefundProcessor: Sendable {
    let provider: any BillingProvider
    let system: TenantScope

    func handle(_ work: RefundWork) async throws -> Settlement<RefundResult> {
        guard let order = work.order else { return .done(.failed(DeclineCode.refused)) }
        do {
            return .done(try await provider.refund(order, idempotencyKey: work.key, in: system))
        } catch let error as BillingProviderError {
            switch error {
            case .unavailable, .outcomeUnknown:
                return .retry(after: CollectionProcessor.patience, reason: "the outcome of the refund is not known")
            default: return .done(.failed(DeclineCode.refused))
            }
        }
    }
}
