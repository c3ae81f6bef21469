import Billing
import Entities
import JSONCoding
import MessageBus
import OutboundHTTP
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Synchronization
import TestSupport
import Testing
import WorkQueue

@testable import Subscription

extension ServiceTests {
    /// The services over a provider that is not ours.
    @Suite struct BillingPort {
        private static let tenant = TestService.tenantA

        /// The providers that the port is tried with.
        enum Provider: CaseIterable, Sendable {
            case scripted
            case chargebee
        }

        private struct Story {
            let side: any BillingSide
            let pool: PostgresPool
            let customers: BillingCustomerService
            let invoices: BillingInvoiceService
            let payments: InvoicePaymentService
            let sources: PaymentSourceService
            let collector: PaymentCollector

            var context: WriteContext { side.context }

            init(_ pool: PostgresPool, _ side: any BillingSide) throws {
                let catalog = try SubscriptionCatalog.make()
                func repository(_ entity: Entity) -> EntityRepository {
                    EntityRepository(pool: pool, entity: entity, catalog: catalog)
                }
                self.side = side
                self.pool = pool
                let rows = InvoiceRepository(
                    invoices: repository(Invoice.entity), items: repository(InvoiceItem.entity))
                let provider = try side.provider(rows)
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

            func customer() async throws {
                _ = try await customers.create(CustomerDetails(members: [:]), tenant: tenant, key: "k1", in: context)
            }

            func invoice() async throws -> Identifier {
                try await customer()
                return try await invoices.create(Self.bill, key: nil, in: context).id
            }

            /// The tenant is the customer.
            static let bill: JSONObject = [
                "customerId": .identifier(tenant), "currencyCode": "USD",
                "charges": [["amount": 5000, "description": "Premium"]],
            ]

            @discardableResult func source(_ number: Int) async throws -> String {
                try await sources.create(
                    ["customerId": .identifier(tenant), "options": side.options(number)], key: nil, in: context
                ).id
            }
        }

        private func run(
            _ provider: Provider, _ body: (Story, TestDatabase) async throws -> Void
        ) async throws {
            guard provider == .chargebee else { return try await run(ScriptedSide(), body) }
            try await ChargebeeStandIn.run { standIn, url in
                let side = ChargebeeSide(standIn: standIn, url: url)
                try await withCleanup {
                    try await run(side, body)
                } cleanup: {
                    await side.http.shutdown()
                }
            }
        }

        private func run(
            _ side: any BillingSide, _ body: (Story, TestDatabase) async throws -> Void
        ) async throws {
            try await TestDatabase.with(.subscription) { database in
                try await database.withPool(user: database.template.runtimeRole, connections: 8) { pool in
                    try await body(try Story(pool, side), database)
                }
            }
        }

        @Test func `keys are passed on and results stored`() async throws {
            let side = ScriptedSide()
            try await run(side) { story, database in
                let id = try await story.invoice()
                #expect(try await story.source(1) == "pm_1")
                try await story.payments.pay(
                    "in_outside", ["paymentMethod": "payment_source"], key: "k2", in: story.context)
                let keys = side.outside.state.withLock { $0.keys }
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
        @Test(arguments: Provider.allCases)
        func `two concurrent payments are one charge`(provider: Provider) async throws {
            try await run(provider) { story, database in
                let id = try await story.invoice().description
                let outcomes = await withTaskGroup(of: Bool.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            (try? await story.payments.pay(id, [:], key: nil, in: story.context)) != nil
                        }
                    }
                    return await group.reduce(into: [Bool]()) { $0.append($1) }
                }
                #expect(outcomes.count { $0 } == 1)
                #expect(story.side.charges == 1)
                #expect(try await database.count("SELECT count(*) FROM main.billing_payments") == 1)
            }
        }

        @Test(arguments: Provider.allCases)
        func `what is refused or unanswered changes no row`(provider: Provider) async throws {
            try await run(provider) { story, database in
                let id = try await story.invoice().description
                let address: JSONValue = [
                    "email": "a@acme.example.com", "city": "Bonn", "state": "NW", "zip": "53111", "country": "DE",
                ]
                for failure in story.side.failures {
                    story.side.fail(failure)
                    for call: () async throws -> Void in [
                        { try await story.payments.pay(id, [:], key: nil, in: story.context) },
                        { try await story.invoices.delete(id, in: story.context) },
                        { _ = try await story.invoices.update(id, ["shippingAddress": address], in: story.context) },
                        { try await story.customers.delete(Self.tenant.description, in: story.context) },
                    ] { await #expect(throws: failure) { try await call() } }
                }
                #expect(
                    try await database.count(
                        "SELECT count(*) FROM main.invoice WHERE invoice_status IN ('open', 'payment_due') AND row_version = 1"
                    ) == 1)
                #expect(try await database.count("SELECT count(*) FROM main.billing_payments") == 0)
            }
        }

        @Test(arguments: Provider.allCases)
        func `a payment that was made outside is of unknown outcome when the database is away`(provider: Provider)
            async throws
        {
            try await run(provider) { story, database in
                let id = try await story.invoice().description
                story.side.meanwhile { try await database.setAway(true) }
                await #expect(throws: BillingProviderError.outcomeUnknown) {
                    try await story.payments.pay(id, [:], key: "k", in: story.context)
                }
                story.side.meanwhile(nil)
                try await database.setAway(false)
                #expect(try await database.count("SELECT count(*) FROM main.billing_payments") == 0)
                // The same request again is the same charge.
                try await eventually(
                    "the payment is stored",
                    is: { (try? await story.payments.pay(id, [:], key: "k", in: story.context)) != nil })
                #expect(story.side.charges == 1)
                #expect(try await database.count("SELECT count(*) FROM main.billing_payments") == 1)
            }
        }

        /// An invoice that is collected by a payment source.
        private func collected(_ story: Story, _ database: TestDatabase) async throws -> Identifier {
            let id = try await story.invoice()
            try await story.source(1)
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

        @Test(arguments: Provider.allCases)
        func `a payment whose answer is lost is read back before there can be another one`(provider: Provider)
            async throws
        {
            try await run(provider) { story, database in
                let id = try await collected(story, database)
                story.side.loseCharge()
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
                        try await story.payments.pay(id.description, body, key: nil, in: story.context)
                    }
                }
                // The node is killed; another one finds the payment.
                story.side.answerAgain()
                try await database.query("UPDATE main.invoice_collections SET due_at = now(), claim = NULL")
                try await work(story)
                #expect(try await begun() == 0)
                #expect(story.side.charges == 1)
                let rows = try await database.texts(
                    """
                    SELECT concat_ws(' ', invoice.invoice_status, payment.status, payment.id_at_gateway, held.state)
                    FROM main.invoice AS invoice JOIN main.billing_payments AS payment ON payment.invoice_id = invoice.id
                    JOIN main.invoice_collections AS held ON held.id = invoice.id
                    """)
                #expect(
                    rows.count == 1 && rows[0].hasPrefix("paid success ") && rows[0].hasSuffix(" settled"), "\(rows)")
            }
        }

        @Test(arguments: Provider.allCases)
        func `workers and people at the same time charge once`(provider: Provider) async throws {
            try await run(provider) { story, database in
                let id = try await collected(story, database)
                story.side.decline(true)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<8 {
                        group.addTask {
                            if index.isMultiple(of: 2) { return try await work(story) }
                            try? await story.payments.pay(
                                id.description, ["paymentMethod": "payment_source"], key: nil, in: story.context)
                        }
                    }
                    try await group.waitForAll()
                }
                let charged = story.side.charges
                let stored = try await database.count("SELECT count(*) FROM main.billing_payments")
                #expect(charged == stored && charged >= 1, "each charge is recorded: \(charged), \(stored)")
                story.side.decline(false)
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            try? await story.payments.pay(
                                id.description, ["paymentMethod": "payment_source"], key: nil, in: story.context)
                        }
                    }
                }
                #expect(story.side.charges == charged + 1)
                #expect(
                    try await database.count("SELECT count(*) FROM main.billing_payments WHERE status = 'success'") == 1
                )
            }
        }

        @Test(arguments: Provider.allCases)
        func `a payment source that is created meanwhile is the default`(provider: Provider) async throws {
            try await run(provider) { story, database in
                try await story.customer()
                func standing() async throws -> String? {
                    try await database.query("SELECT payment_source_id FROM main.billing_customer").first?
                        .textIfPresent(0)
                }
                let first = try await story.source(1)
                #expect(try await standing() == first)
                story.side.meanwhile { [story] in try await story.source(2) }
                try await story.sources.delete(first, in: story.context)
                let second = try #require(try await standing())
                #expect(second != first)
                story.side.meanwhile(nil)
                try await story.sources.delete(second, in: story.context)
                #expect(try await standing() == nil)
            }
        }

        @Test(arguments: Provider.allCases)
        func `alongside statements commit with the change or not at all`(provider: Provider) async throws {
            try await run(provider) { story, database in
                let id = try await story.invoice().description
                func marked(_ key: String) -> WriteContext {
                    story.context.adding(.handled(Self.tenant, consumer: key, at: story.context.now))
                }
                try await story.payments.pay(id, [:], key: nil, in: marked("pay"))
                _ = try await story.invoices.create(Story.bill, key: nil, in: marked("invoice"))
                await #expect(throws: RepositoryError.self) {
                    try await story.invoices.create(Story.bill, key: nil, in: marked("invoice"))
                }
                await #expect(throws: RepositoryError.self) {
                    try await story.sources.create(
                        ["customerId": .identifier(Self.tenant), "options": story.side.options(1)], key: nil,
                        in: marked("pay"))
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
