import Billing
import Entities
import JSONCoding
import MessageBus
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Synchronization
import Testing
import WorkQueue

@testable import Subscription

extension ServiceTests {
    /// The services over a provider that is not ours.
    @Suite struct BillingPort {
        private static let tenant = TestService.tenantA
        private static let context = WriteContext(
            scope: .tenant(tenant, actor: Actor(id: Identifier.v4().description)), now: SystemClock().now())

        private struct Story {
            let provider = OutsideBilling()
            let pool: PostgresPool
            let customers: BillingCustomerService
            let invoices: BillingInvoiceService
            let payments: InvoicePaymentService
            let sources: PaymentSourceService
            let collector: PaymentCollector

            init(_ pool: PostgresPool) throws {
                let catalog = try SubscriptionCatalog.make()
                func repository(_ entity: Entity) -> EntityRepository {
                    EntityRepository(pool: pool, entity: entity, catalog: catalog)
                }
                self.pool = pool
                let rows = InvoiceRepository(
                    invoices: repository(Invoice.entity), items: repository(InvoiceItem.entity))
                let customerRows = BillingCustomerRepository(customers: repository(BillingCustomer.entity))
                customers = BillingCustomerService(
                    repository: customerRows, invoices: rows, provider: provider)
                invoices = BillingInvoiceService(
                    repository: rows, customers: customerRows, provider: provider)
                collector = PaymentCollector(
                    repository: CollectionRepository(pool: pool), invoices: rows, payments: repository(Payment.entity),
                    provider: provider,
                    terms: DunningTerms(
                        retries: DunningSchedule("1,3"), reminders: nil, end: .suspend, reminderEnd: .mark),
                    system: .operatorScope(actor: Actor(id: "system")))
                payments = InvoicePaymentService(
                    repository: rows, payments: repository(Payment.entity), customers: customerRows,
                    provider: provider, collector: collector)
                sources = PaymentSourceService(customers: customerRows, provider: provider)
            }

            func invoice() async throws -> Identifier {
                _ = try await customers.create(
                    CustomerDetails(members: [:]), tenant: tenant, key: "k1", in: context)
                let body: JSONObject = [
                    "customerId": "cus_outside", "currencyCode": "USD",
                    "charges": [["amount": 5000, "description": "Premium"]],
                ]
                return try await invoices.create(body, key: nil, in: context).id
            }
        }

        private func run(_ body: (Story, TestDatabase) async throws -> Void) async throws {
            try await TestDatabase.with(.subscription) { database in
                try await database.withPool(user: database.template.runtimeRole, connections: 8) { pool in
                    try await body(try Story(pool), database)
                }
            }
        }

        @Test func `keys are passed on and results stored`() async throws {
            try await run { story, database in
                let id = try await story.invoice()
                let source = try await story.sources.create(
                    ["customerId": "cus_outside", "options": ["token": "tok_1"]], key: nil, in: Self.context)
                #expect(source.id == "pm_1")
                try await story.payments.pay(
                    "in_outside", ["paymentMethod": "payment_source"], key: "k2", in: Self.context)
                let keys = story.provider.state.withLock { $0.keys }
                #expect(keys.count == 4 && keys[0] == "customer:\(Self.tenant):k1")
                #expect(keys[3] == "payment:\(id):k2" && keys.allSatisfy { $0.utf8.count <= 255 })
                let row = try #require(
                    try await database.query(
                        """
                        SELECT invoice.invoice_status, payment.status, payment.id_at_gateway, payment.payment_source_id
                        FROM main.invoice AS invoice JOIN main.billing_payments AS payment ON payment.invoice_id = invoice.id
                        """
                    ).first)
                #expect(try (0..<4).map { try row.text($0) } == ["paid", "success", "ch_1", "pm_1"])
                #expect(try await database.count("SELECT count(*) FROM main.ledger_customers") == 0)
            }
        }

        /// Who clicks twice asks the provider under one key, which charges once.
        @Test func `two concurrent payments are one charge`() async throws {
            try await run { story, database in
                let id = try await story.invoice().description
                let outcomes = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            (try? await story.payments.pay(id, [:], key: nil, in: Self.context)) != nil
                        }
                    }
                    return await group.reduce(into: [Bool]()) { $0.append($1) }
                }
                #expect(outcomes.count { $0 } == 1)
                #expect(story.provider.state.withLock { $0.charged.count } == 1)
                #expect(try await database.count("SELECT count(*) FROM main.billing_payments") == 1)
            }
        }

        @Test func `what is refused or unanswered changes no row`() async throws {
            try await run { story, database in
                let id = try await story.invoice().description
                for failure: BillingProviderError in [
                    .refused("Your card was declined."), .unavailable, .outcomeUnknown,
                ] {
                    story.provider.state.withLock { $0.failure = failure }
                    for call: () async throws -> Void in [
                        { try await story.payments.pay(id, [:], key: nil, in: Self.context) },
                        { try await story.invoices.delete(id, in: Self.context) },
                        { _ = try await story.invoices.update(id, ["options": [:]], in: Self.context) },
                        { try await story.customers.delete(Self.tenant.description, in: Self.context) },
                    ] { await #expect(throws: failure) { try await call() } }
                }
                #expect(
                    try await database.count(
                        "SELECT count(*) FROM main.invoice WHERE invoice_status = 'open' AND row_version = 1") == 1)
                #expect(try await database.count("SELECT count(*) FROM main.billing_payments") == 0)
            }
        }

        @Test func `a payment that was made outside is of unknown outcome when the database is away`() async throws {
            try await run { story, database in
                let id = try await story.invoice().description
                story.provider.state.withLock { $0.meanwhile = { try await database.setAway(true) } }
                await #expect(throws: BillingProviderError.outcomeUnknown) {
                    try await story.payments.pay(id, [:], key: "k", in: Self.context)
                }
                story.provider.state.withLock { $0.meanwhile = nil }
                try await database.setAway(false)
                #expect(try await database.count("SELECT count(*) FROM main.billing_payments") == 0)
                // The same request again is the same charge.
                try await eventually(
                    "the payment is stored",
                    is: { (try? await story.payments.pay(id, [:], key: "k", in: Self.context)) != nil })
                #expect(story.provider.state.withLock { $0.charged.count } == 1)
                #expect(try await database.count("SELECT count(*) FROM main.billing_payments") == 1)
            }
        }

        /// An invoice that is collected by a payment source.
        private func collected(_ story: Story, _ database: TestDatabase) async throws -> Identifier {
            let id = try await story.invoice()
            _ = try await story.sources.create(["customerId": "cus_outside"], key: nil, in: Self.context)
            try await database.query("UPDATE main.invoice SET collection_method = 'automatic'")
            try await database.query(
                """
                INSERT INTO main.invoice_collections (id, tenant_id, next_due_on, planned_on)
                SELECT id, tenant_id, now(), now() FROM main.invoice
                """)
            return id
        }

        /// Works on what is due, once.
        private func work(_ story: Story) async throws {
            let processor = CollectionProcessor(collector: story.collector) { _, _ in }
            let store = CollectionStore(pool: story.pool)
            for item in try await store.claim(ClaimRequest(limit: 8, lease: .seconds(60))) {
                let settlement = try await processor.handle(item)
                _ = try await store.settle([(item: item, settlement: settlement)])
            }
        }

        @Test func `a payment whose answer is lost is read back before there can be another one`() async throws {
            try await run { story, database in
                let id = try await collected(story, database)
                story.provider.state.withLock { $0.failure = .outcomeUnknown }
                try await work(story)
                func begun() async throws -> Int {
                    try await database.count(
                        "SELECT count(*) FROM main.invoice_collections WHERE attempted_on IS NOT NULL AND attempt = 1")
                }
                #expect(try await begun() == 1)
                #expect(try await database.count("SELECT count(*) FROM main.billing_payments") == 0)
                // Nobody decides anything about the invoice meanwhile, and nobody pays it twice.
                for body: JSONObject in [["paymentMethod": "cash"], ["paymentMethod": "payment_source"]] {
                    await #expect(throws: (any Error).self) {
                        try await story.payments.pay(id.description, body, key: nil, in: Self.context)
                    }
                }
                // The node is killed; another one finds the payment.
                story.provider.state.withLock { $0.failure = nil }
                try await database.query("UPDATE main.invoice_collections SET due_at = now(), claim = NULL")
                try await work(story)
                #expect(try await begun() == 0)
                let charged = story.provider.state.withLock { $0.charged }
                #expect(charged == ["collection:\(id):1"])
                let rows = try await database.texts(
                    """
                    SELECT concat_ws(' ', invoice.invoice_status, payment.status, payment.id_at_gateway, held.state)
                    FROM main.invoice AS invoice JOIN main.billing_payments AS payment ON payment.invoice_id = invoice.id
                    JOIN main.invoice_collections AS held ON held.id = invoice.id
                    """)
                #expect(rows == ["paid success ch_1 settled"])
            }
        }

        @Test func `workers and people at the same time charge once`() async throws {
            try await run { story, database in
                let id = try await collected(story, database)
                story.provider.state.withLock {
                    $0.result = PaymentResult(status: .failure, invoiceStatus: .notPaid, errorCode: "card_declined")
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<8 {
                        group.addTask {
                            if index.isMultiple(of: 2) { return try await work(story) }
                            try? await story.payments.pay(
                                id.description, ["paymentMethod": "payment_source"], key: nil, in: Self.context)
                        }
                    }
                    try await group.waitForAll()
                }
                let charged = story.provider.state.withLock { $0.charged.count }
                let stored = try await database.count("SELECT count(*) FROM main.billing_payments")
                #expect(charged == stored && charged >= 1, "each charge is recorded: \(charged), \(stored)")
                story.provider.state.withLock {
                    $0.result = PaymentResult(status: .success, invoiceStatus: .paid, idAtGateway: "ch_2")
                }
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            try? await story.payments.pay(
                                id.description, ["paymentMethod": "payment_source"], key: nil, in: Self.context)
                        }
                    }
                }
                #expect(story.provider.state.withLock { $0.charged.count } == charged + 1)
                #expect(
                    try await database.count("SELECT count(*) FROM main.billing_payments WHERE status = 'success'") == 1
                )
            }
        }

        @Test func `a payment source that is created meanwhile is the default`() async throws {
            try await run { story, database in
                _ = try await story.customers.create(
                    CustomerDetails(members: [:]), tenant: Self.tenant, key: nil, in: Self.context)
                let create: @Sendable () async throws -> Void = { [sources = story.sources] in
                    _ = try await sources.create(["customerId": "cus_outside"], key: nil, in: Self.context)
                }
                func standing() async throws -> String? {
                    try await database.query("SELECT payment_source_id FROM main.billing_customer").first?
                        .textIfPresent(0)
                }
                try await create()
                #expect(try await standing() == "pm_1")
                story.provider.state.withLock {
                    $0.source = "pm_2"
                    $0.meanwhile = create
                }
                try await story.sources.delete("pm_1", in: Self.context)
                #expect(try await standing() == "pm_2")
                story.provider.state.withLock { $0.meanwhile = nil }
                try await story.sources.delete("pm_2", in: Self.context)
                #expect(try await standing() == nil)
            }
        }

        @Test func `alongside statements commit with the change or not at all`() async throws {
            try await run { story, database in
                let id = try await story.invoice().description
                func marked(_ key: String) -> WriteContext {
                    Self.context.adding(.handled(Self.tenant, consumer: key, at: Self.context.now))
                }
                try await story.payments.pay(id, [:], key: nil, in: marked("pay"))
                let new: JSONObject = ["customerId": "cus_outside", "currencyCode": "USD"]
                _ = try await story.invoices.create(new, key: nil, in: marked("invoice"))
                await #expect(throws: RepositoryError.self) {
                    try await story.invoices.create(new, key: nil, in: marked("invoice"))
                }
                await #expect(throws: RepositoryError.self) {
                    try await story.sources.create(["customerId": "cus_outside"], key: nil, in: marked("pay"))
                }
                #expect(try await database.count("SELECT count(*) FROM main.invoice") == 2)
                #expect(try await database.count("SELECT count(*) FROM main.inbox") == 2)
                #expect(
                    try await database.count(
                        "SELECT count(*) FROM main.billing_customer WHERE payment_source_id IS NULL") == 1)
            }
        }
    }
}
