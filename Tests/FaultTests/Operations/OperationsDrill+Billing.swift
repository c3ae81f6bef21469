import JSONCoding
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// Drills about money.
extension OperationsDrill {
    static func checkBilling(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        try await TestStack.run([.subscription]) { stack in
            let database = try stack.database(.subscription)
            let tenant = "019b8d2c-0000-7000-8000-000000000001"
            try await database.query(
                """
                INSERT INTO main.invoice (id, invoice_status, tenant_id, currency_code, subtotal, total)
                VALUES ('\(tenant)', 'draft', '\(tenant)', 'USD', 500, 500)
                """)
            try await database.query(
                """
                INSERT INTO main.invoice_lines (id, invoice_id, position, description, quantity, unit_amount, amount)
                VALUES (gen_random_uuid(), '\(tenant)', 1, 'Premium', 1, 500, 500)
                """)
            try await database.query("UPDATE main.invoice SET invoice_status = 'open'")
            let variables = OperationsShell.variables(of: database)
            let check = try section.take("arc billing check")
            let clean = try await shell.succeed(check, environment: variables)
            #expect(clean.contains("1 invoices") && clean.contains(" 0 findings"), "\(clean)")
            let ofTenant = try section.take("arc billing check --tenant")
            try await shell.succeed(ofTenant, replacing: [("019b8d2c-…", tenant)], environment: variables)

            try await database.query("ALTER TABLE main.ledger_entries DISABLE TRIGGER append_only")
            try await database.query("UPDATE main.ledger_entries SET amount = 400 WHERE account = 'receivable'")
            let broken = try await shell.type(check, environment: variables)
            #expect(
                broken.status == 2 && broken.output.contains("unbalanced")
                    && broken.output.contains("receivable is 400"),
                "\(broken.output)\(broken.errors)")
        }
    }
}
