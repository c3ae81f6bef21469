import PostgresTestSupport

extension TestDatabase {
    /// Lets workers renew the subscriptions of tenants on test clocks only.
    ///
    /// The service of a test has a time of its own, but workers go by the clock of the database: a subscription that began in the past
    /// would be renewed at some moment of the test.
    func leaveRenewalsToTestClocks() async throws {
        try await query(
            """
            CREATE FUNCTION main.leave_to_test_clocks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF NOT EXISTS (SELECT FROM main.test_clocks WHERE tenant_id = NEW.tenant_id) THEN
                    NEW.due_at := NULL;
                END IF;
                RETURN NEW;
            END
            $$
            """)
        try await query(
            """
            CREATE TRIGGER leave_to_test_clocks BEFORE INSERT OR UPDATE ON main.renewal_queues
            FOR EACH ROW EXECUTE FUNCTION main.leave_to_test_clocks()
            """)
    }
}
