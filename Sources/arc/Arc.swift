import ArgumentParser
import Primitives

/// The executable with all services and tools.
@main
struct Arc: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arc",
        abstract: "A SaaS control plane: tenants, provisioning, plans, subscriptions and invoices.",
        discussion: """
            On one machine:   arc up        runs PostgreSQL, Redis and all services until Ctrl-C
                              arc demo      runs an end-to-end scenario over HTTP and prints each step
            In a container:   arc serve tenant-management   (configured by environment variables)
            Troubleshooting:  arc doctor    checks everything and suggests fixes
            """,
        version: ProgramVersion.current,
        subcommands: [
            UpCommand.self, ServeCommand.self, HealthCommand.self, MigrateCommand.self, TokenCommand.self,
            DemoCommand.self, DoctorCommand.self, EventsCommand.self, OpenAPICommand.self, AuditCommand.self,
            AsyncAPICommand.self, TenantsCommand.self, KeysCommand.self, APIKeysCommand.self, ConfigCommand.self,
            SeedCommand.self, BillingCommand.self,
        ])
}
