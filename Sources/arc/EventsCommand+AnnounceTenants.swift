import ArgumentParser
import Logging
import PostgresClient

extension EventsCommand {
    /// `arc events announce-tenants`.
    struct AnnounceTenants: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish the list of all tenants, all roles of /roles, API keys and revoked tokens.",
            discussion: """
                The subscription service rejects tenants that it does not know. It learns of them by events: the migrations
                publish the list of all tenants once, and each new tenant is announced. Roles, API keys and revoked tokens are
                announced in the same way. Run this command after tenants were
                inserted by SQL, after the database of the subscription service was restored from a backup, and after an
                upgrade during which nodes of an earlier version created tenants. It may be repeated.

                Uses the database of the stack that `arc up` runs, or the database given by DB_HOST, DB_PORT and DB_DATABASE.
                """)

        func run() async throws {
            CommandSupport.bootstrapQuietLogging()
            do {
                let pool = PostgresPool(
                    configuration: try await MigrateCommand.configuration(
                        of: .tenantManagement, isNamed: true, for: "arc events"),
                    logger: Logger(label: "arc.events"))
                let (tenants, roles, credentials) = try await CommandSupport.closing({ await pool.shutdown() }) {
                    (
                        try await pool.query("SELECT main.announce_tenants()").first?.int64(0) ?? 0,
                        try await pool.query("SELECT main.announce_roles()").first?.int64(0) ?? 0,
                        try await pool.query(
                            "SELECT main.announce_api_keys() + main.announce_token_revocations()"
                        ).first?.int64(0) ?? 0
                    )
                }
                CommandSupport.printLine(
                    tenants == 1 ? "1 tenant was announced" : "\(tenants) tenants were announced")
                if roles > 0 {
                    CommandSupport.printLine(roles == 1 ? "1 role was announced" : "\(roles) roles were announced")
                }
                if credentials > 0 {
                    CommandSupport.printLine("\(credentials) API keys and revocations were announced")
                }
            } catch let exit as ExitCode {
                throw exit
            } catch {
                throw CommandSupport.fail("arc events: \(error)")
            }
        }
    }
}
