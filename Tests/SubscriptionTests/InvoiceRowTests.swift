import Billing
import Entities
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    @Suite struct InvoiceRows {
        private static let scope = TenantScope.tenant(
            TestService.tenantA, actor: Actor(id: Identifier.v4().description))

        /// Charges of a month and single charges, some with tax.
        private func randomInvoice() throws -> DraftInvoice {
            let currency = try Currency(["USD", "EUR", "JPY", "KWD", "CLF"].randomElement() ?? "USD")
            let whole = try BillingPeriod(start: CalendarDate("2026-01-31"), end: CalendarDate("2026-02-28"))
            let lines = try (0..<Int.random(in: 0...6)).map { index in
                let price = Money(minorUnits: .random(in: 0...1_000_000_000_000), currency: currency)
                guard Bool.random() else { return InvoiceLine(description: "Setup \(index)", amount: price) }
                return try InvoiceLine(
                    description: "Premium \(index)", unitPrice: price, quantity: .random(in: 0...99),
                    period: BillingPeriod(
                        start: whole.start.adding(days: .random(in: 0..<whole.days)), end: whole.end),
                    whole: whole, taxRate: Rational(.random(in: 0...25), 100))
            }
            return try DraftInvoice(currency: currency, lines: lines)
        }

        @Test func `an invoice comes back from its rows as it was stored`() async throws {
            try await TestDatabase.with(.subscription) { database in
                try await database.withPool(user: database.template.runtimeRole) { pool in
                    let repository = try InvoiceRepository.test(pool)
                    for _ in 0..<50 {
                        let draft = try randomInvoice()
                        let id = Identifier.v7(at: SystemClock().now())
                        let details = InvoiceDetails(
                            options: Bool.random() ? ["purchaseOrder": "PO-7"] : nil, shippingAddress: nil)
                        var batch = PostgresBatch(settings: Self.scope.settings)
                        batch.add(
                            contentsOf: try repository.insertStatements(
                                draft, as: NewInvoiceRow(id: id, tenant: TestService.tenantA, details: details),
                                in: Self.scope))
                        _ = try await pool.run(batch)

                        let invoice = try await repository.billed(id, in: Self.scope)
                        #expect(invoice.status == .draft && invoice.details == details)
                        let contents = try #require(invoice.contents)
                        #expect(contents.currency == draft.currency && contents.subtotal == draft.subtotal)
                        #expect(contents.tax == draft.tax && contents.total == draft.total)
                        #expect(contents.lines.map(\.amount) == draft.lines.map(\.amount))
                        #expect(contents.lines.map(\.unitPrice) == draft.lines.map(\.unitPrice))
                        #expect(contents.lines.map(\.quantity) == draft.lines.map(\.quantity))
                        #expect(contents.lines.map(\.period) == draft.lines.map(\.period))
                        #expect(contents.lines.map(\.description) == draft.lines.map(\.description))
                        let row = try #require(try await repository.named(id.description, in: Self.scope))
                        #expect(row.total == draft.total && row.currency == draft.currency)
                    }
                }
            }
        }
    }
}
