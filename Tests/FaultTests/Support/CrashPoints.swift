import PostgresClient
import PostgresTestSupport

/// Holds an orchestrator where a test is going to kill it: in the statement that records a step, which then is part of a
/// transaction that is neither committed nor rolled back, or in one by which a step changes a place or a credential.
struct CrashPoints {
    private static let lock = 61

    let database: TestDatabase

    init(_ database: TestDatabase) async throws {
        self.database = database
        for sql in Self.statements { try await database.query(sql) }
    }

    /// From now on, a step of a tenant is held when this state of it is recorded.
    func arm(_ key: String, step: String, _ state: State) async throws -> Int {
        try await arm(key, step, state.rawValue)
    }

    enum State: String {
        /// Nothing of the work was done.
        case started
        /// All of the work was done.
        case succeeded
    }

    /// From now on, a tenant is held when the target of its move is stored.
    func armReservation(_ key: String) async throws -> Int { try await arm(key, Change.place.rawValue, "target") }

    /// From now on, a tenant is held when a step changes one of its rows.
    func arm(_ key: String, _ change: Change) async throws -> Int { try await arm(key, change.rawValue, "") }

    enum Change: String {
        case place = "tenant_placements insert"
        case confirmation = "tenant_placements update"
        case release = "tenant_placements delete"
        case credentialRemoval = "tenant_credentials delete"
    }

    private func arm(_ key: String, _ place: String, _ state: String) async throws -> Int {
        try await database.count(
            "INSERT INTO public.crash_points (tenant_key, place, state) VALUES ($1, $2, $3) RETURNING id",
            [.text(key), .text(place), .text(state)])
    }

    func waitUntilHeld(_ point: Int) async throws {
        try await eventually("crash point \(point) is reached", within: .seconds(300)) {
            try await database.count("SELECT count(*) FROM (\(Self.holders([point]))) AS held") == 1
        }
    }

    /// Lets the statement go on.
    func release(_ point: Int) async throws {
        try await database.query("DELETE FROM public.crash_points WHERE id = \(point)")
    }

    /// After the death of the orchestrator: PostgreSQL commits the statements of some points, rolls back all others, and the leases
    /// end. Afterwards nothing is held.
    func bury(committing points: [Int]) async throws {
        let role = "datname = current_database() AND usename = '\(database.template.runtimeRole)'"
        try await database.query(
            """
            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE \(role) AND pid NOT IN (\(Self.holders(points)))
            """)
        try await database.query("DELETE FROM public.crash_points")
        try await eventually("PostgreSQL has noticed the death") {
            try await database.count("SELECT count(*) FROM pg_stat_activity WHERE \(role)") == 0
        }
        try await database.query(
            "UPDATE main.provisioning_runs SET due_at = now() WHERE due_at > now() AND due_at < 'infinity'")
    }

    private static func holders(_ points: [Int]) -> String {
        """
        SELECT pid FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND classid = \(lock) AND objsubid = 2
            AND objid IN (\(points.map(String.init).joined(separator: ", ")))
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        """
    }

    private static let statements = [
        """
        CREATE TABLE public.crash_points (
            id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_key text, place text, state text)
        """,
        """
        CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        DECLARE
            changed jsonb := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
            key text; here text; now_in text; point integer;
        BEGIN
            IF TG_TABLE_NAME = 'workflow_steps' THEN
                SELECT tenant_key INTO key FROM main.provisioning_runs WHERE id = NEW.run_id;
                here := NEW.name;
                now_in := NEW.state;
            ELSE
                key := coalesce(changed ->> 'tenant_key', substr(changed ->> 'role', length('tenant_') + 1));
                here := TG_TABLE_NAME || ' ' || lower(TG_OP);
                now_in := changed ->> 'role';
            END IF;
            SELECT id INTO point FROM public.crash_points
            WHERE tenant_key = key AND place = here AND state IN (now_in, '');
            IF point IS NOT NULL THEN
                PERFORM pg_advisory_lock_shared(\(lock), point);
                WHILE EXISTS (SELECT FROM public.crash_points WHERE id = point) LOOP
                    PERFORM pg_sleep(0.01);
                END LOOP;
                PERFORM pg_advisory_unlock_shared(\(lock), point);
            END IF;
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            RETURN NEW;
        END
        $$
        """,
        """
        CREATE TRIGGER hold BEFORE INSERT ON main.workflow_steps FOR EACH ROW EXECUTE FUNCTION public.hold()
        """,
        """
        CREATE TRIGGER hold BEFORE INSERT OR UPDATE OR DELETE ON main.tenant_placements
            FOR EACH ROW EXECUTE FUNCTION public.hold()
        """,
        """
        CREATE TRIGGER hold BEFORE DELETE ON main.tenant_credentials FOR EACH ROW EXECUTE FUNCTION public.hold()
        """,
    ]
}
