import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Testing

@testable import Subscription

/// The rules of the amounts of one invoice. `ServiceTests.BillingChecks` has whole databases.
struct BillingCheckTests {
    /// An open invoice over 100.00 with a discount of 10.00, a tax of 18.00 and account credit of 10.00.
    private static let sound = InvoiceFigures(
        id: .v4(), tenant: TestService.tenantA, subscription: nil, number: "INV-000001", stage: "open",
        header: .init(subtotal: 10_000, discount: 1_000, tax: 1_800, credit: 1_000, total: 9_800),
        lines: .init(amounts: 10_000, discounts: -1_000, taxes: 1_800, areExplained: true),
        ledger: [
            "receivable": 9_800, "revenue": -10_000, "discounts": 1_000, "tax": -1_800, "customer_credit": 1_000,
        ])

    @Test func `sound amounts have no findings, whatever became of the invoice`() {
        #expect(Self.sound.findings == [])
        var paid = InvoiceFigures(
            id: .v4(), tenant: nil, subscription: nil, number: "INV-000002", stage: "paid", header: Self.sound.header,
            lines: Self.sound.lines, ledger: Self.sound.ledger, received: 8_600, payments: 8_600,
            notes: .init(total: 2_200, tax: 200, toInvoice: 1_200, refunded: 1_000, manual: 2_200))
        paid.header.credited = 1_200
        paid.ledger["receivable"] = 0
        paid.ledger["cash"] = 7_600
        paid.ledger["revenue"] = -8_000
        paid.ledger["tax"] = -1_600
        #expect(paid.findings == [])
        let void = InvoiceFigures(
            id: .v4(), tenant: nil, subscription: nil, number: "INV-000003", stage: "void", header: Self.sound.header,
            lines: Self.sound.lines)
        #expect(void.findings == [])
        // A tax within the amounts is no part of the revenue, and adds nothing.
        var within = InvoiceFigures(
            id: .v4(), tenant: nil, subscription: nil, number: "INV-000004", stage: "open",
            header: .init(subtotal: 12_000, tax: 2_000, total: 12_000),
            lines: .init(amounts: 12_000, taxes: 2_000, taxesWithin: 2_000, areExplained: true))
        within.ledger = ["receivable": 12_000, "tax": -2_000, "revenue": -10_000]
        #expect(within.findings == [])
    }

    /// One minor unit too much, wherever it is.
    @Test func `a minor unit too much is found`() {
        let places: [(WritableKeyPath<InvoiceFigures, Int64>, Set<BillingFinding.Kind>)] = [
            (\.header.subtotal, [.sums]), (\.header.discount, [.sums, .ledger]), (\.header.tax, [.sums, .ledger]),
            (\.header.credit, [.sums, .ledger]), (\.header.total, [.sums, .ledger]),
            (\.header.credited, [.sums, .ledger]), (\.lines.amounts, [.sums]), (\.lines.discounts, [.sums]),
            (\.lines.taxes, [.sums]), (\.received, [.ledger]), (\.notes.toInvoice, [.sums]),
            (\.notes.refunded, [.ledger]), (\.notes.toAccount, [.ledger]), (\.notes.total, [.ledger]),
            (\.notes.tax, [.ledger]), (\.prepaid, [.sums, .ledger]), (\.prepaidReturned, [.ledger]),
        ]
        for (path, kinds) in places {
            var figures = Self.sound
            figures[keyPath: path] += 1
            #expect(Set(figures.findings.map(\.kind)) == kinds, "\(figures.findings)")
        }
    }

    /// A release may say the same in other words.
    @Test func `figures of an explanation are compared, and words are not`() {
        let stored: JSONObject = [
            "description": "Subscription", "quantity": "3",
            "explanation": ["rule": "whole period", "formula": "8.50 × 3", "inputs": ["quantity": "3"]],
        ]
        var other = stored
        other["description"] = "Another name"
        other["explanation"] = ["rule": "another rule", "formula": "8.50 × 3", "inputs": ["quantity": "3"]]
        let explanation = LineExplanation(stored: stored)
        #expect(explanation.differences(from: LineExplanation(stored: other)) == [])
        other["quantity"] = "4"
        other["explanation"] = ["formula": "8.50 × 4", "inputs": ["quantity": "4", "days": "1/2"]]
        #expect(
            explanation.differences(from: LineExplanation(stored: other)) == [
                "quantity", "explanation.formula", "explanation.inputs.quantity", "explanation.inputs.days",
            ])
        other["explanation"] = nil
        #expect(explanation.differences(from: LineExplanation(stored: other)) == ["quantity", "explanation"])
    }

    @Test func `a minor unit too much in an account, in payments and in credits is found`() {
        for account in Self.sound.ledger.keys {
            var figures = Self.sound
            figures.ledger[account, default: 0] += 1
            #expect(figures.findings.map(\.kind) == [.ledger], "\(account)")
        }
        var figures = Self.sound
        figures.payments = 1
        #expect(figures.findings.map(\.kind) == [.payments])
        figures = Self.sound
        figures.notes.manual = 10_801
        figures.lines.overcredited = 1
        figures.notes.wrong = 1
        #expect(figures.findings.map(\.kind) == [.sums, .overcredited, .overcredited])
    }
}

extension ServiceTests {
    /// `arc billing check` on a database with all kinds of billing, whole and broken.
    @Suite struct BillingChecks {
        private static let tenants = (0..<3).map { _ in Identifier.v4() }

        /// Subscribes a tenant that lives in 2030, and lets five months pass.
        private func live(
            _ service: TestService, _ tenant: Identifier, _ plan: String, _ terms: JSONObject,
            change: JSONValue? = nil
        ) async throws -> String {
            let clock = try #require(
                try await service.send(
                    "POST", "/test-clocks", ["tenantId": .identifier(tenant), "now": "2030-01-31T09:00:00Z"]
                ).json["id"]?.stringValue)
            var body = terms
            body["subscriberId"] = .identifier(tenant)
            body["planId"] = .string(plan)
            body["status"] = 1
            let subscribed = try await service.send("POST", "/subscriptions", .object(body))
            try #require(subscribed.status == 201, "\(subscribed.text)")
            let id = try #require(subscribed.json["id"]?.stringValue)
            for day in ["2030-03-10", "2030-06-30"] {
                try await service.advance(clock, to: "\(day)T09:00:00Z")
                if day == "2030-03-10", let change {
                    let changed = try await service.send("POST", "/subscriptions/\(id)/change", change)
                    #expect(changed.status == 200, "\(changed.text)")
                }
            }
            return id
        }

        /// Statements that no trigger sees, with the kinds of what they break.
        private static func faults(_ ids: [String], paid: String, credited: String) -> [(String, [BillingFinding.Kind])]
        {
            [
                (
                    """
                    INSERT INTO main.ledger_entries (transaction_id, kind, account, currency_code, amount)
                    VALUES (gen_random_uuid(), 'test', 'cash', 'USD', 5)
                    """, [.unbalanced]
                ),
                (
                    "UPDATE main.invoice_lines SET amount = amount + 1 WHERE kind = 'recurring' AND invoice_id = (\(invoice(ids[0], 2)))",
                    [.sums, .recomputation]
                ),
                (
                    """
                    UPDATE main.invoice_lines SET details = jsonb_set(details, '{explanation,formula}', '"1.00 × 5"')
                    WHERE kind = 'recurring' AND invoice_id = (\(invoice(ids[0], 1)))
                    """, [.recomputation]
                ),
                (
                    """
                    UPDATE main.invoice_lines SET details = jsonb_set(details, '{explanation,inputs,quantity}', '"7"')
                    WHERE kind = 'recurring' AND invoice_id = (\(invoice(ids[2], 2)))
                    """, [.recomputation]
                ),
                (
                    "DELETE FROM main.ledger_entries WHERE kind = 'payment' AND invoice_id = '\(paid)'",
                    [.ledger, .payments]
                ),
                (
                    "UPDATE main.credit_note_lines SET amount = amount + 100000 WHERE credit_note_id = '\(credited)'",
                    [.overcredited, .sums]
                ),
                ("DELETE FROM main.invoice WHERE id = (\(invoice(ids[1], 3)))", [.missing, .numbers]),
                ("UPDATE main.invoice SET ordinal = 99 WHERE id = (\(invoice(ids[1], 2)))", [.missing, .surplus]),
                (
                    "UPDATE main.ledger_entries SET amount = amount + 1 WHERE account = 'customer_credit' AND amount < 0",
                    [.credit, .ledger, .unbalanced]
                ),
                (
                    """
                    UPDATE main.subscription_billing SET scenario = jsonb_set(scenario, '{quantity}', '"4"')
                    WHERE id = '\(ids[2])'
                    """, [.recomputation]
                ),
                (
                    "UPDATE main.subscription_billing SET next_due_on = NULL, due_at = NULL WHERE id = '\(ids[2])'",
                    [.forgotten]
                ),
                (
                    "UPDATE main.subscription_billing SET parked_on = now(), parked_reason = 'a test' WHERE id = '\(ids[1])'",
                    [.parked]
                ),
                ("UPDATE main.credit_grants SET remaining = remaining - 1", [.prepaid]),
                ("DELETE FROM main.credit_grants", [.prepaid]),
            ]
        }

        private static func invoice(_ subscription: String, _ ordinal: Int) -> String {
            "SELECT id FROM main.invoice WHERE subscription_id = '\(subscription)' AND ordinal = \(ordinal)"
        }

        @Test func `a database with all kinds of billing adds up, and whatever is broken in it is found`() async throws
        {
            try await TestService.run(environment: ["TEST_CLOCKS": "true", "ARC_ENV": "test"]) { service in
                let database = service.database
                let plan = try await service.plan()
                let tax: JSONValue = [["name": "VAT", "rate": "20"]]
                var ids = [
                    try await live(
                        service, Self.tenants[0], plan,
                        [
                            "quantity": "5", "taxes": tax,
                            "coupon": ["type": "percent", "value": "10", "periods": 3],
                        ], change: ["quantity": "1", "policy": "prorate_now"])
                ]
                ids.append(
                    try await live(
                        service, Self.tenants[1], plan,
                        ["taxes": [["name": "VAT", "rate": "20", "inclusive": true]], "collection": "arrears"]))
                ids.append(try await live(service, Self.tenants[2], plan, ["quantity": "3", "trial": ["days": 14]]))
                // One of a single period, that an action has made the engine's.
                let original = try await service.subscription(to: plan, status: 1)
                let canceled = try await service.send("POST", "/subscriptions/\(original)/cancel", [:])
                #expect(canceled.status == 200, "\(canceled.text)")
                // One that is paid, and one of which a part is given back.
                let customer = try await service.customer()
                let paid = try await service.invoice(customer)
                let payment = try await service.send("POST", "/billing-invoice/\(paid)/payments", [:])
                #expect(payment.status == 204, "\(payment.text)")
                // One that is used by nothing.
                let granted = try await service.send(
                    "POST", "/credit-grants",
                    ["tenantId": .identifier(TestService.tenantA), "currencyCode": "EUR", "amount": 500])
                #expect(granted.status == 201 && granted.json["remaining"] == 500, "\(granted.text)")
                let credited = Identifier.v4().description
                try await database.query(
                    """
                    INSERT INTO main.credit_notes (
                        id, invoice_id, subscription_id, currency_code, amount, tax, total, destination, issued_on)
                    SELECT '\(credited)', id, subscription_id, currency_code, 100, 20, 120, 'payer', '2030-07-01'
                    FROM main.invoice WHERE id = (\(Self.invoice(ids[0], 1)))
                    """)
                try await database.query(
                    """
                    INSERT INTO main.credit_note_lines (
                        id, credit_note_id, invoice_line_id, tenant_id, position, description, amount, tax)
                    SELECT gen_random_uuid(), '\(credited)', id, '\(Self.tenants[0])', 1, description, 100, 20
                    FROM main.invoice_lines WHERE position = 1 AND invoice_id = (\(Self.invoice(ids[0], 1)))
                    """)

                let whole = try await database.billingCheck()
                #expect(whole.findings == [], "\(whole.findings)")
                #expect((whole.summary.counts[.invoices] ?? 0) > 10 && whole.summary.counts[.subscriptions] == 4)
                #expect((whole.summary.counts[.transactions] ?? 0) > 10 && whole.summary.counts[.series] == 2)
                let ofTenant = try await database.billingCheck(.init(tenant: Self.tenants[2]))
                #expect(ofTenant.findings == [] && ofTenant.summary.counts[.subscriptions] == 1)

                var known: Set<BillingFinding> = []
                for (statement, kinds) in Self.faults(ids, paid: paid, credited: credited) {
                    try await database.query(
                        """
                        DO $fault$ BEGIN
                            SET LOCAL session_replication_role = replica;
                            \(statement);
                        END $fault$
                        """)
                    let found = Set(try await database.billingCheck().findings)
                    let new = Set(found.subtracting(known).map(\.kind))
                    #expect(new.isSuperset(of: kinds), "\(statement): \(found.subtracting(known))")
                    known = found
                }
                let broken = try await database.billingCheck()
                let kinds = Set(broken.findings.map(\.kind))
                #expect(
                    kinds == Set(BillingFinding.Kind.allCases),
                    "\(Set(BillingFinding.Kind.allCases).subtracting(kinds))")
                #expect(broken.summary.findings == broken.findings.count)
                // Of what was agreed on, nothing is left.
                try await database.query(
                    """
                    DO $fault$ BEGIN
                        SET LOCAL session_replication_role = replica;
                        DELETE FROM main.subscription_billing WHERE id = '\(ids[1])';
                    END $fault$
                    """)
                let forgotten = try await database.billingCheck().findings.filter { $0.kind == .forgotten }
                #expect(forgotten.contains { $0.subscription?.description == ids[1] }, "\(forgotten)")
                // Each names what it is about.
                #expect(
                    broken.findings.contains {
                        $0.kind == .recomputation && $0.subscription?.description == ids[2]
                            && $0.tenant == Self.tenants[2]
                            && $0.invoice != nil
                    })
            }
        }
    }
}
