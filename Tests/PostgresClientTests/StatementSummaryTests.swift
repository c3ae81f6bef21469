import Testing

@testable import PostgresClient

@Suite struct StatementSummaryTests {
    @Test(arguments: [
        ("SELECT a, b FROM main.tenants WHERE id = $1 AND name = 'FROM secret'", "SELECT main.tenants"),
        ("INSERT INTO main.outbox (id) VALUES ($1) ON CONFLICT DO UPDATE SET id = 1", "INSERT main.outbox"),
        ("UPDATE main.leads SET name = $1", "UPDATE main.leads"),
        (#"INSERT INTO main."tenants" ("id", "FROM") VALUES ($1) RETURNING "id""#, "INSERT main.tenants"),
        ("DELETE FROM main.keys WHERE x < 'o''clock'", "DELETE main.keys"),
        ("SELECT 1", "SELECT"), ("SELECT main.is_validated_email($1)", "SELECT"),
        ("SELECT extract(epoch FROM min(x)) FROM main.jobs", "SELECT main.jobs"),
        (
            "SELECT count(*) FROM (SELECT FROM main.notifications LIMIT 1000) AS failed",
            "SELECT SELECT main.notifications"
        ),
        (
            "WITH used AS (UPDATE main.lead_keys SET a = 1 RETURNING b) SELECT 1 FROM used",
            "UPDATE main.lead_keys SELECT used"
        ),
        ("SELECT id FROM main.a ORDER BY id FOR UPDATE SKIP LOCKED", "SELECT main.a"),
        ("-- a comment FROM here\nSELECT x FROM b", "SELECT b"), ("COMMIT", "COMMIT"),
        ("CREATE SCHEMA tenant_secret", "CREATE"), ("", ""), ("'unterminated", ""),
    ])
    func `a statement is summarized without values`(sql: String, summary: String) {
        #expect(StatementSummary.text(of: sql) == summary)
    }

    @Test func `a batch is summarized within a limit`() {
        let statements = ["INSERT INTO a VALUES (1)", "INSERT INTO a VALUES (2)", "UPDATE b SET c = 1"].map {
            BoundStatement(PostgresStatement($0))
        }
        #expect(StatementSummary.text(of: statements) == "INSERT a; UPDATE b")
        let many = (0..<50).map { BoundStatement(PostgresStatement("SELECT 1 FROM table_with_a_long_name_\($0)")) }
        let text = StatementSummary.text(of: many)
        #expect(text.utf8.count <= 260 && text.hasSuffix("…"))
    }
}
