import JSONCoding
import Migrations
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// Rows that prevent an adoption are reported, and gone after the repair that is reported with them.
@Suite struct AdoptionRepairTests {
    private func expectRefused(
        _ original: OriginalDatabase, _ rules: [String: Int], byHand: [String: String] = [:]
    ) async throws {
        let columns = try await original.columns()
        let before = try await original.rows(columns)
        let definitions = try await original.definitions()
        let migrator = original.migrator()
        let report = try await migrator.check()
        let stopping = report.findings.filter { $0.check.severity == .blocking }
        #expect(report.isBlocked && report.differences.isEmpty)
        #expect(Dictionary(uniqueKeysWithValues: stopping.map { ($0.check.name, $0.count) }) == rules)
        for finding in stopping {
            #expect(finding.rows.count == min(finding.count, MigrationReport.shownRows))
            for row in finding.rows { #expect(try JSONValue.parse(Array(row.utf8)).objectValue != nil) }
        }
        for dryRun in [true, false] {
            let error = await #expect(throws: MigrationError.self) { _ = try await migrator.up(dryRun: dryRun) }
            #expect(error?.kind == .refused && error?.report == report)
        }
        #expect(try await original.rows(columns) == before)
        #expect(try await original.definitions() == definitions)
        #expect(try await migrator.status().allSatisfy { $0.status == .pending })

        try await original.database.withPool(user: OriginalDatabase.owner) { pool in
            for finding in stopping {
                let sql = try #require(finding.check.repair ?? byHand[finding.check.name])
                _ = try await pool.query(PostgresStatement(sql, prepared: false))
            }
        }
        #expect(try await !migrator.check().isBlocked)
        let repaired = AdoptedRows.migrated(try await original.rows(columns))
        #expect(repaired.mapValues(\.count) == before.mapValues(\.count), "a repair removes no row")
        _ = try await migrator.up()
        #expect(try await original.rows(columns) == repaired)
    }

    @Test func `a tenant management database with invalid rows is refused until it is repaired`() async throws {
        try await OriginalDatabase.with(.tenantManagement, broken: true) { original in
            try await expectRefused(original, ["idx_tenant_lead": 5, "idx_lead_validated_email": 32])
            let kept = try await original.database.texts(
                "SELECT email FROM main.leads WHERE is_validated AND lower(email) = 'double@example.com'")
            #expect(kept == ["double@example.COM"], "the one with a tenant")
            #expect(
                try await original.database.count(
                    "SELECT count(*) FROM main.tenants WHERE lead_id IS NOT NULL AND key LIKE 'twin%'")
                    == 0, "the older tenants keep their leads")
        }
    }

    @Test func `a subscription database with invalid rows is refused until it is repaired`() async throws {
        try await OriginalDatabase.with(.subscription, broken: true) { original in
            try await expectRefused(
                original,
                [
                    "idx_billing_customer_tenant": 5, "idx_features_key": 33, "indexed_texts_fit": 1,
                    "views_on_plan_price": 1,
                ],
                byHand: Self.byHand)
            let kept = try await original.database.texts(
                "SELECT customer_id FROM main.billing_customer WHERE customer_id LIKE 'cus_double%' AND NOT deleted")
            #expect(kept == ["cus_double_4"], "of those without invoices the newest")
        }
    }

    /// An index takes row versions that are dead already, as long as anybody may still see them.
    @Test func `a transaction that began before the repair does not prevent it`() async throws {
        try await OriginalDatabase.with(.subscription, broken: true) { original in
            try await original.database.withPool { pool in
                let patience = [PostgresSetting("idle_in_transaction_session_timeout", "0")]
                try await pool.withTransaction(settings: patience, isolation: .repeatableRead) { transaction in
                    _ = try await transaction.query("SELECT 1")
                    let stopping = try await original.migrator().check().findings.filter {
                        $0.check.severity == .blocking
                    }
                    for sql in stopping.compactMap(\.check.repair) + Self.byHand.values {
                        try await original.database.query(sql)
                    }
                    // What is changed in its place is in no index; what is deleted always is.
                    for (table, column) in ["features": "key", "plans": "tier"] {
                        try await original.database.query(
                            """
                            INSERT INTO main.\(table) SELECT (jsonb_populate_record(t, jsonb_build_object(
                                'id', gen_random_uuid(), 'deleted', false, '\(column)',
                                (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 200) AS n)))).*
                            FROM main.\(table) AS t LIMIT 1
                            """)
                        try await original.database.query(
                            "DELETE FROM main.\(table) WHERE octet_length(\(column)) > 2000")
                    }
                    // Indexes that are built beside other transactions wait for this one, too.
                    let applied = try await original.migrator(before: {
                        $0.up.hasPrefix(Migration.withoutTransaction)
                    }).up()
                    #expect(applied.count > 10)
                }
                try await original.migrator().up()
                #expect(try await original.migrator().check().pending.isEmpty)
            }
        }
    }

    /// What the operator does where no statement can know what is wanted.
    static let byHand = [
        "indexed_texts_fit": "UPDATE main.features SET key = left(key, 100) WHERE octet_length(key) > 2000",
        "views_on_plan_price": "DROP VIEW main.price_list",
    ]
}
