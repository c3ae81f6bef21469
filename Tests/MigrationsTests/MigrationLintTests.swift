import Foundation
import TestSupport
import Testing

/// scripts/lint_migrations.py, which `make lint` runs.
@Suite(.timeLimit(.minutes(20))) struct MigrationLintTests {
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../scripts/lint_migrations.py").standardized.path

    /// - Returns: What the lint says about each of several migrations. One process for all: its start takes longer than the rest.
    private func problems(_ migrations: [String]) async throws -> [String] {
        let file = TestCommand.temporaryFile("migrations.json")
        defer { try? FileManager.default.removeItem(at: file) }
        try JSONEncoder().encode(migrations).write(to: file)
        let code = """
            import json, sys; sys.path.insert(0, sys.argv[1]); from lint_migrations import problems_of
            print(json.dumps(["\\n".join(problems_of(sql)) for sql in json.load(open(sys.argv[2]))]))
            """
        let output = try await TestCommand.run(["python3", "-B", "-c", code, Self.folder, file.path])
        return try JSONDecoder().decode([String].self, from: Data(output.utf8))
    }

    private static var folder: String { URL(fileURLWithPath: script).deletingLastPathComponent().path }

    @Test func `the command prints what is wrong, and fails`() async throws {
        let file = TestCommand.temporaryFile("migration.sql")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("LOCK TABLE main.tenants;".utf8).write(to: file)
        let outcome = try await TestCommand.outcome(of: ["python3", "-B", Self.script, file.path])
        #expect(outcome.errors == "" && outcome.status == 1 && outcome.output.contains("keeps others"))
    }

    private static let refused: [(sql: String, reason: String)] = [
        ("CREATE INDEX idx_a ON main.tenants (name);", "while the index is built"),
        ("create unique index idx_a on only main.tenants using btree (name);", "while the index is built"),
        ("ALTER TABLE main.tenants ADD COLUMN a uuid NOT NULL DEFAULT gen_random_uuid();", "not a constant"),
        ("ALTER TABLE main.tenants ADD COLUMN a text GENERATED ALWAYS AS (lower(name)) STORED;", "rewrites"),
        ("ALTER TABLE main.tenants ADD a bigserial;", "rewrites"),
        ("ALTER TABLE main.tenants ADD COLUMN a text NOT NULL;", "fails when there are rows"),
        ("ALTER TABLE main.tenants ADD COLUMN a text, ALTER COLUMN name SET NOT NULL;", "reads the whole table"),
        ("ALTER TABLE main.tenants ALTER COLUMN name TYPE text;", "may rewrite"),
        ("ALTER TABLE main.tenants ADD CONSTRAINT c CHECK (name <> '');", "NOT VALID"),
        ("ALTER TABLE main.contacts ADD FOREIGN KEY (tenant_id) REFERENCES main.tenants (id);", "NOT VALID"),
        ("ALTER TABLE main.tenants ADD CONSTRAINT u UNIQUE (name);", "builds an index"),
        (
            "ALTER TABLE main.tenants ADD CHECK (true) NOT VALID;\nALTER TABLE main.tenants VALIDATE CONSTRAINT c;",
            "in a separate migration"
        ),
        ("CREATE INDEX CONCURRENTLY idx_a ON main.tenants (name);", "fails in a transaction"),
        (
            "-- Without a transaction\nCREATE INDEX CONCURRENTLY idx_a ON main.tenants (name);",
            "fails after a failed attempt"
        ),
        ("-- Without a transaction\nALTER TABLE main.tenants ADD COLUMN a text;", "needs a transaction"),
        ("UPDATE main.tenants SET name = name || ';' WHERE status = 0;", "in parts"),
        ("DELETE FROM main.outbox;", "in parts"),
        ("LOCK TABLE main.tenants;", "keeps others"),
        ("REINDEX TABLE main.tenants;", "from writing"),
        ("ALTER TABLE main.tenants ADD COLUMN a text CHECK (a <> '');", "NOT VALID"),
        ("ALTER TABLE main.tenants ADD COLUMN a uuid REFERENCES main.leads (id);", "NOT VALID"),
        ("ALTER TABLE main.events ATTACH PARTITION main.events_1 FOR VALUES IN (1);", "whole partition"),
        ("ALTER DOMAIN main.code ADD CONSTRAINT c CHECK (value <> '');", "every table"),
        ("DO $$ BEGIN UPDATE main.tenants SET name = 'x'; END $$;", "hidden in a block"),
        ("DO $a$ BEGIN EXECUTE 'SELECT 1'; CREATE INDEX i ON main.tenants (name); END $a$;", "hidden in a block"),
        // What nodes of the former release use.
        ("ALTER TABLE main.tenants DROP COLUMN name;", "former release"),
        ("ALTER TABLE main.tenants DROP name, ADD COLUMN b text;", "former release"),
        ("ALTER TABLE main.tenants RENAME COLUMN name TO title;", "former release"),
        ("ALTER TABLE main.tenants RENAME TO customers;", "former release"),
        ("ALTER TABLE main.tenants ALTER COLUMN status DROP DEFAULT;", "former release"),
        ("DROP TABLE IF EXISTS main.leads;", "former release"),
        ("DROP FUNCTION main.visible_tenant();", "former release"),
        ("-- Contract: old\nDROP TABLE main.leads;", "former release"),
        ("CREATE TABLE main.new (a text);\nDROP TABLE main.new, main.leads;", "former release"),
        ("DROP TABLE main.leads;\nCREATE TABLE main.leads (a text);", "former release"),
        ("CREATE TABLE IF NOT EXISTS main.leads (a text);\nDROP TABLE main.leads;", "former release"),
        ("WITH old AS (DELETE FROM main.leads RETURNING id)\nINSERT INTO main.gone SELECT id FROM old;", "in parts"),
        // A reason for another thing.
        ("-- Locks: there is one row in this table.\nALTER TABLE main.tenants DROP COLUMN name;", "former release"),
        ("-- Contract: nobody has used it since 1.2.\nLOCK TABLE main.tenants;", "keeps others"),
        // Too short to be a reason.
        ("-- Locks: yes\nCREATE INDEX idx_a ON main.tenants (name);", "while the index is built"),
        // The reason of another statement.
        (
            "-- Locks: the table has one row.\nLOCK TABLE main.role_state;\nCREATE INDEX idx_a ON main.tenants (name);",
            "while the index is built"
        ),
    ]

    @Test func `statements that lock a large table are refused`() async throws {
        let found = try await problems(Self.refused.map(\.sql))
        for (migration, problem) in zip(Self.refused, found) {
            #expect(problem.contains(migration.reason), "\(migration.sql): \(problem)")
        }
        #expect(found.count == Self.refused.count)
    }

    private static let accepted = [
        "CREATE TABLE main.new (a text);\nCREATE INDEX idx_new ON main.new (a);\nUPDATE main.new SET a = 'b';",
        """
        -- Without a transaction
        DROP INDEX CONCURRENTLY IF EXISTS main.idx_a;
        CREATE UNIQUE INDEX CONCURRENTLY idx_a ON main.tenants (name);
        """,
        "ALTER TABLE main.tenants ADD COLUMN a text, ADD COLUMN b int NOT NULL DEFAULT 0, ADD c text DEFAULT 'x, (y)';",
        "ALTER TABLE main.tenants ADD COLUMN a timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP;",
        "ALTER TABLE main.tenants ADD CONSTRAINT c CHECK (name <> '') NOT VALID;",
        "ALTER TABLE main.tenants VALIDATE CONSTRAINT c;",
        "ALTER TABLE main.tenants ADD CONSTRAINT u UNIQUE USING INDEX idx_a;",
        "ALTER TABLE main.tenants DROP CONSTRAINT c, ALTER COLUMN name DROP NOT NULL, ALTER COLUMN b SET DEFAULT now();",
        "-- Contract: no release since 1.4 reads it.\nALTER TABLE main.tenants DROP COLUMN a;",
        "-- Locks: the table is empty.\n-- Contract: no release since 1.4 has it.\nDROP TABLE main.leads;",
        "CREATE TABLE main.new (a text);\nALTER TABLE main.new RENAME COLUMN a TO b;\nDROP TABLE main.new;",
        "DROP FUNCTION main.f();\nCREATE FUNCTION main.f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;",
        "CREATE TABLE main.new (a text);\nWITH x AS (UPDATE main.new SET a = 'b' RETURNING a) SELECT 1 FROM x;",
        "GRANT SELECT, UPDATE ON main.tenants TO app;\nCREATE TRIGGER t AFTER UPDATE ON main.a EXECUTE FUNCTION main.f();",
        "DO $$ BEGIN EXECUTE format('GRANT SELECT, UPDATE ON main.tenants TO %I', 'app'); END $$;",
        "-- Locks: there is one row in this table, for ever.\nCREATE INDEX idx_a ON main.role_state (version);",
        "CREATE FUNCTION main.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE main.tenants SET name = ''; END $$;",
        "-- CREATE INDEX idx_a ON main.tenants (name);\nDROP INDEX main.idx_a;",
        "COMMENT ON TABLE main.tenants IS 'UPDATE main.tenants; LOCK main.tenants;';",
    ]

    @Test func `statements that lock it for a moment only are accepted`() async throws {
        let found = try await problems(Self.accepted)
        for (sql, problem) in zip(Self.accepted, found) { #expect(problem == "", "\(sql)") }
        #expect(found.count == Self.accepted.count)
    }

    @Test func `a column becomes required when an earlier migration has validated that it has values`() async throws {
        let code = """
            import sys; sys.path.insert(0, sys.argv[1]); from lint_migrations import problems_of
            change = "ALTER TABLE main.tenants ALTER COLUMN name SET NOT NULL;"
            earlier = "ALTER TABLE main.tenants VALIDATE CONSTRAINT tenants_name_not_null;"
            print(len(problems_of(change)), len(problems_of(change, earlier)))
            """
        #expect(try await TestCommand.run(["python3", "-B", "-c", code, Self.folder]) == "1 0")
    }
}
