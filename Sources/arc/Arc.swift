import ArgumentParser

/// The one executable: every service and every tool of the product.
@main
struct Arc: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "arc",
        abstract: "A SaaS control plane: tenants, provisioning, plans, subscriptions and invoices.",
        discussion: """
            On one machine:   arc up            PostgreSQL, Redis and all services, until Ctrl-C
                              arc demo          drives the main job over HTTP and shows each step
            In a container:   arc serve tenant-management   (configured by environment variables alone)
            When in doubt:    arc doctor        checks everything and says how to mend it
            """,
        version: "1.0.0",
        subcommands: [
            UpCommand.self, ServeCommand.self, MigrateCommand.self, TokenCommand.self, DemoCommand.self,
            DoctorCommand.self, OpenAPICommand.self,
        ])
}
