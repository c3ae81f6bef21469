import PostgresClient
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

@testable import Subscription

extension ServiceTests {
    /// What the database itself sees to: numbers, what never changes, and the ledger.
    @Suite struct InvoiceLedger {
        /// An invoice over 100.00 with a discount of 10.00, a tax of 18.00, and account credit of 10.00.
        private func draft(_ database: TestDatabase) async throws -> String {
            let id = Identifier.v4().description
            try await database.query(
                """
                INSERT INTO main.invoice (id, invoice_status, tenant_id, currency_code, subtotal, discount, tax, credit, total)
                VALUES ($1::uuid, 'draft', $2::uuid, 'USD', 10000, 1000, 1800, 1000, 9800)
                """, [.text(id), .text(TestService.tenantA.description)])
            try await database.query(
                """
                INSERT INTO main.invoice_lines (id, invoice_id, position, description, quantity, unit_amount, amount)
                VALUES (gen_random_uuid(), $1::uuid, 1, 'Premium', 1, 10000, 10000)
                """, [.text(id)])
            return id
        }

        private func change(_ database: TestDatabase, _ invoice: String, to status: String) async throws {
            try await database.query(
                "UPDATE main.invoice SET invoice_status = $2 WHERE id = $1::uuid", [.text(invoice), .text(status)])
        }

        private func credit(_ database: TestDatabase, _ invoice: String, _ amount: Int64, _ destination: String)
            async throws
        {
            try await database.query(
                """
                INSERT INTO main.credit_notes (id, invoice_id, currency_code, amount, tax, total, destination, issued_on)
                SELECT gen_random_uuid(), $1::uuid, 'USD', $2::bigint, 0, $2::bigint, $3, '2026-02-01'
                """, [.text(invoice), .int64(amount), .text(destination)])
        }

        /// Credits a part of the only line of an invoice.
        /// - Parameter position: On the note.
        /// - Returns: Why it was refused.
        private func addLine(
            _ database: TestDatabase, to note: String, at position: Int, _ amount: Int64
        ) async -> SQLState? {
            do {
                try await database.query(
                    """
                    INSERT INTO main.credit_note_lines (
                        id, credit_note_id, invoice_line_id, position, description, amount, tax)
                    SELECT gen_random_uuid(), $1::uuid, id, $3, 'Premium', $2, 0 FROM main.invoice_lines
                    """, [.text(note), .int64(amount), .int16(Int16(position))])
                return nil
            } catch {
                return (error as? PostgresError)?.sqlState
            }
        }

        /// The balance of each account that is not zero, such as `cash 9800`.
        private func balances(_ database: TestDatabase, _ invoice: String) async throws -> [String] {
            try await database.texts(
                """
                SELECT account || ' ' || sum(amount) FROM main.ledger_entries WHERE invoice_id = $1::uuid
                GROUP BY account HAVING sum(amount) <> 0 ORDER BY account
                """, [.text(invoice)])
        }

        private func state(_ body: () async throws -> Void) async throws -> SQLState? {
            do { try await body() } catch let error as PostgresError { return error.sqlState }
            return nil
        }

        private func refusal(of statement: String, by database: TestDatabase) async throws -> SQLState? {
            do { try await database.query(statement) } catch let error as PostgresError { return error.sqlState }
            return nil
        }

        @Test
        func `an invoice is posted as it is issued, written off, paid and credited, and the ledger adds up to zero`()
            async throws
        {
            try await TestDatabase.with(.subscription) { database in
                let invoice = try await draft(database)
                #expect(try await balances(database, invoice) == [])
                try await change(database, invoice, to: "open")
                #expect(
                    try await balances(database, invoice) == [
                        "customer_credit 1000", "discounts 1000", "receivable 9800", "revenue -10000", "tax -1800",
                    ])
                try await credit(database, invoice, 1200, "payer")
                try await change(database, invoice, to: "uncollectible")
                #expect(try await balances(database, invoice).contains("bad_debt 8600"))
                try await change(database, invoice, to: "paid")
                try await credit(database, invoice, 1000, "payer")
                #expect(
                    try await balances(database, invoice) == [
                        "cash 7600", "customer_credit 1000", "discounts 1000", "revenue -7800", "tax -1800",
                    ])
                #expect(
                    try await database.texts("SELECT destination::text FROM main.credit_notes ORDER BY sequence")
                        == ["invoice", "refund"])
                // More than what is left of 108.00.
                #expect(try await state { try await credit(database, invoice, 8601, "account") } == "ARC11")

                let voided = try await draft(database)
                try await change(database, voided, to: "open")
                try await change(database, voided, to: "void")
                #expect(try await balances(database, voided) == [])
                #expect(try await state { try await change(database, voided, to: "open") } == "ARC10")
                #expect(try await database.count("SELECT sum(amount)::integer FROM main.ledger_entries") == 0)
            }
        }

        @Test func `what was issued never changes, and a transaction that does not add up to zero does not commit`()
            async throws
        {
            try await TestDatabase.with(.subscription) { database in
                let invoice = try await draft(database)
                try await change(database, invoice, to: "open")
                for statement in [
                    "UPDATE main.invoice SET total = 1", "UPDATE main.invoice SET invoice_status = 'draft'",
                    "UPDATE main.invoice SET issued_on = '2020-01-01'", "UPDATE main.invoice_lines SET amount = 1",
                    "DELETE FROM main.invoice_lines", "UPDATE main.ledger_entries SET amount = 1",
                    """
                    INSERT INTO main.invoice_lines (id, invoice_id, position, description, quantity, unit_amount, amount)
                    SELECT gen_random_uuid(), id, 2, 'More', 1, 1, 1 FROM main.invoice
                    """,
                ] {
                    let refused = try await refusal(of: statement, by: database)
                    #expect(refused == "ARC10", "\(statement)")
                }
                let unbalanced = try await refusal(
                    of: """
                        INSERT INTO main.ledger_entries (transaction_id, kind, account, currency_code, amount)
                        VALUES (gen_random_uuid(), 'test', 'cash', 'USD', 5)
                        """, by: database)
                #expect(unbalanced == "23000")
            }
        }

        @Test func `credits never exceed a line, a note, or what was paid, in whatever order they are written`()
            async throws
        {
            try await TestDatabase.with(.subscription) { database in
                let invoice = try await draft(database)
                try await change(database, invoice, to: "open")
                // Account credit has paid 10.00, and 98.00 are due: more than that is neither credited on the invoice nor paid back.
                #expect(try await state { try await credit(database, invoice, 9900, "payer") } == "ARC11")
                #expect(try await state { try await credit(database, invoice, 100, "refund") } == "ARC11")
                // Two notes, each of which fits by itself, with their lines in other transactions.
                for _ in 0..<2 { try await credit(database, invoice, 5400, "account") }
                let notes = try await database.texts("SELECT id::text FROM main.credit_notes ORDER BY sequence")
                #expect(await addLine(database, to: notes[0], at: 1, 5000) == nil)
                #expect(await addLine(database, to: notes[0], at: 2, 401) == "ARC10")
                // Whoever credits the same line waits for those before.
                let outcomes = await concurrently(8, width: 8) { index in
                    await addLine(database, to: notes[1], at: index + 1, 1000)
                }
                #expect(outcomes.filter { $0 == "ARC11" }.count == 3 && outcomes.filter { $0 == nil }.count == 5)
                for statement in [
                    "UPDATE main.invoice SET credited = 500", "UPDATE main.credit_note_lines SET amount = 1",
                ] {
                    let refused = try await refusal(of: statement, by: database)
                    #expect(refused == "ARC10", "\(statement)")
                }
                try await change(database, invoice, to: "paid")
                #expect(try await balances(database, invoice).contains("cash 9800"))
                // Of 108.00, account credit has paid 10.00, which go back to it.
                let paid = try await draft(database)
                for status in ["open", "paid"] { try await change(database, paid, to: status) }
                #expect(try await state { try await credit(database, paid, 9801, "payer") } == "ARC11")
                try await credit(database, paid, 9800, "payer")
                #expect(try await state { try await credit(database, paid, 1, "refund") } == "ARC11")
                try await credit(database, paid, 1000, "account")
                #expect(try await balances(database, paid).contains { $0.hasPrefix("cash") } == false)
            }
        }

        @Test
        func `numbers have no gap and no number twice, whoever issues at the same time and whatever is rolled back`()
            async throws
        {
            try await TestDatabase.with(.subscription) { database in
                var made: [String] = []
                for _ in 0..<24 { made.append(try await draft(database)) }
                let drafts = made
                _ = await concurrently(drafts.count, width: 8) { index in
                    // Every third transaction fails after it has got its number.
                    let failure = index.isMultiple(of: 3) ? "/ (length(number) - length(number))" : ""
                    _ = try? await database.query(
                        """
                        WITH issued AS (SELECT 1)
                        UPDATE main.invoice SET invoice_status = 'open' WHERE id = $1::uuid RETURNING 1 \(failure)
                        """, [.text(drafts[index])])
                }
                let numbers = try await database.texts(
                    "SELECT number::text FROM main.invoice WHERE number IS NOT NULL ORDER BY sequence")
                #expect(numbers == (1...16).map { "INV-0000\($0 < 10 ? "0" : "")\($0)" })
            }
        }
    }
}
