import Migrations
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import TestSupport
import Testing

/// What the catalog of every service's database says about the role that the service runs as: it can do what the service needs, and
/// nothing else.
@Suite(.timeLimit(.minutes(20))) struct CatalogSecurityTests {
    private static let templates: [DatabaseTemplate] = [.tenantManagement, .subscription, .orchestrator, .messageBus]

    /// Columns that say whose a row is.
    private static let tenantColumns = ["tenant_id", "owner_id", "subscriber_id"]

    /// Tables with rows of tenants that have no policies, with the reason.
    private static let withoutPolicies: [String: Set<String>] = [
        // The bus is shared by services, which all deliver and read the events of every tenant. No tenant's request reaches it.
        "message_bus": ["messages", "deliveries"]
    ]

    /// Functions that run as the owner and that the service's role may call, each with what it can be used for.
    private static let callable: [String: Set<String>] = [
        "tenant_mgmt": [
            // Whether an address belongs to a validated lead, and nothing else of it.
            "is_validated_email",
            // How many API keys have a role, so that it is not removed under them.
            "count_keys_with_role",
            // The audit log: rows are written and chained by these functions only.
            "audit_table", "audit_command", "chain_audit_rows", "seal_audit_chains", "erase_audit_content",
            "purge_audit_rows",
        ],
        "subscription": [
            "audit_table", "audit_command", "chain_audit_rows", "seal_audit_chains", "erase_audit_content",
            "purge_audit_rows",
        ],
    ]

    /// Functions that run as the owner without a search path of their own, because setting one costs time for each row. They name the
    /// schema of everything that they use.
    private static let withoutSearchPath: Set<String> = ["touch_cached_row"]

    @Test(arguments: templates)
    func `migrations are applied and reverted by the owner, who is no superuser`(template: DatabaseTemplate)
        async throws
    {
        let database = try await TestDatabase.makeEmpty(template, owner: "migration_owner")
        try await database.removed { database in
            let migrator = Migrator(
                configuration: database.configuration(user: "migration_owner"), migrations: template.migrations,
                logger: testLogger)
            let applied = try await migrator.up(dryRun: false).count
            #expect(applied == template.migrations.count)
            let reverted = try await migrator.down(steps: template.migrations.count, dryRun: false).count
            #expect(reverted > 0)
        }
    }

    @Test(arguments: templates)
    func `every table with rows of tenants has row-level security with policies`(template: DatabaseTemplate)
        async throws
    {
        try await TestDatabase.with(template) { database in
            let columns = Self.tenantColumns.map { "'\($0)'" }.joined(separator: ", ")
            let found = try await database.query(
                """
                WITH RECURSIVE owned AS (
                    SELECT stored.oid FROM pg_class AS stored
                    WHERE stored.relnamespace = 'main'::regnamespace AND stored.relkind IN ('r', 'p') AND (
                        stored.relname IN ('tenants', 'leads') OR EXISTS (
                            SELECT FROM pg_attribute WHERE attrelid = stored.oid AND attname IN (\(columns))))
                    UNION
                    SELECT conrelid FROM pg_constraint JOIN owned ON confrelid = owned.oid AND contype = 'f')
                SELECT relname::text, relrowsecurity, EXISTS (SELECT FROM pg_policy WHERE polrelid = stored.oid)
                FROM owned JOIN pg_class AS stored ON stored.oid = owned.oid
                """)
            let exceptions = Self.withoutPolicies[template.name] ?? []
            var bare: Set<String> = []
            for row in found.rows where !(try row.bool(1) && row.bool(2)) { bare.insert(try row.text(0)) }
            #expect(!found.rows.isEmpty)
            #expect(bare.subtracting(exceptions).sorted() == [], "write policies, or a reason here")
            #expect(exceptions.subtracting(bare).sorted() == [], "these have policies by now")
        }
    }

    @Test(arguments: templates)
    func `views check the rights of who reads them, and functions of the owner have a fixed search path`(
        template: DatabaseTemplate
    ) async throws {
        try await TestDatabase.with(template) { database in
            let views = try await database.texts(
                """
                SELECT relname::text FROM pg_class
                WHERE relnamespace = 'main'::regnamespace AND relkind IN ('v', 'm')
                    AND NOT COALESCE('security_invoker=true' = ANY (reloptions), false)
                """)
            #expect(views == [])
            let functions = try await database.texts(
                """
                SELECT proname::text FROM pg_proc
                WHERE pronamespace = 'main'::regnamespace AND prosecdef
                    AND NOT COALESCE((SELECT bool_or(setting LIKE 'search_path=pg_catalog, pg_temp')
                        FROM unnest(proconfig) AS setting), false)
                """)
            #expect(Set(functions).subtracting(Self.withoutSearchPath).sorted() == [])
        }
    }

    @Test(arguments: templates)
    func `the role of the service is nobody else, owns nothing and creates nothing`(template: DatabaseTemplate)
        async throws
    {
        try await TestDatabase.with(template) { database in
            let role = template.runtimeRole
            let attributes = try await database.texts(
                """
                SELECT concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls)
                FROM pg_roles WHERE rolname = '\(role)'
                """)
            #expect(attributes == ["f f f f f"])
            let memberships = "SELECT count(*) FROM pg_auth_members WHERE member = '\(role)'::regrole"
            #expect(try await database.count(memberships) == 0)
            let owned = try await database.count(
                """
                SELECT count(*) FROM pg_shdepend
                WHERE refobjid = '\(role)'::regrole AND deptype = 'o'
                    AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                """)
            #expect(owned == 0)
            let creatable = try await database.texts(
                """
                SELECT nspname::text FROM pg_namespace
                WHERE nspname IN ('main', 'public') AND has_schema_privilege('\(role)', oid, 'CREATE')
                """)
            #expect(creatable == [])
        }
    }

    @Test(arguments: templates)
    func `the role of the service only reads and changes rows, and everybody else may do nothing`(
        template: DatabaseTemplate
    ) async throws {
        try await TestDatabase.with(template) { database in
            let grants = try await database.texts(
                """
                SELECT concat_ws(' ', entry.grantee::regrole, entry.privilege_type, stored.relname)
                FROM pg_class AS stored, aclexplode(stored.relacl) AS entry
                WHERE stored.relnamespace = 'main'::regnamespace AND entry.grantee <> stored.relowner
                    AND NOT (entry.grantee::regrole::text = '\(template.runtimeRole)'
                        AND entry.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'USAGE')
                        AND NOT entry.is_grantable)
                """)
            #expect(grants == [])
            let changers = try await database.texts(
                """
                SELECT privilege FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS privilege
                WHERE to_regclass('main.schema_migrations') IS NOT NULL
                    AND has_table_privilege('\(template.runtimeRole)', 'main.schema_migrations', privilege)
                """)
            #expect(changers == [])
        }
    }

    @Test(arguments: templates)
    func `functions are executed by those who need them`(template: DatabaseTemplate) async throws {
        try await TestDatabase.with(template) { database in
            let open = try await database.texts(
                """
                SELECT function.proname::text FROM pg_proc AS function
                WHERE function.pronamespace = 'main'::regnamespace AND (function.proacl IS NULL OR EXISTS (
                    SELECT FROM aclexplode(function.proacl) AS entry WHERE entry.grantee = 0))
                ORDER BY 1
                """)
            #expect(open == [], "revoke them from PUBLIC in the migration that creates them")
            let callable = try await database.texts(
                """
                SELECT DISTINCT proname::text FROM pg_proc
                WHERE pronamespace = 'main'::regnamespace AND prosecdef
                    AND has_function_privilege('\(template.runtimeRole)', oid, 'EXECUTE')
                """)
            let allowed = Self.callable[template.name] ?? []
            #expect(Set(callable).subtracting(allowed).sorted() == [], "write a reason here")
        }
    }
}
