import Entities
import MessageBus
package import Migrations
import PostgresClient

/// The migrations of `orchestrator_db`.
package enum OrchestratorMigrations {
    /// In order. The inbox needs the role `orchestrator_app`.
    package static let all: [Migration] = [
        Migration(
            number: 1, name: "provisioning_runs",
            up: PackageResources.V0001__provisioning_runs_up_sql,
            down: PackageResources.V0001__provisioning_runs_down_sql),
        Migration(
            number: 2, name: "inbox", up: InboxSchema.up(runtimeRole: "orchestrator_app"), down: InboxSchema.down),
        Migration(
            number: 3, name: "outages", up: PackageResources.V0003__outages_up_sql,
            down: PackageResources.V0003__outages_down_sql),
        Migration(
            number: 10, name: "workflows", up: PackageResources.V0010__workflows_up_sql,
            down: PackageResources.V0010__workflows_down_sql),
        Migration(
            number: 20, name: "placements", up: PackageResources.V0020__placements_up_sql,
            down: PackageResources.V0020__placements_down_sql),
        Migration(
            number: 30, name: "data_exports", up: PackageResources.V0030__data_exports_up_sql,
            down: PackageResources.V0030__data_exports_down_sql),
        Migration(
            number: 43, name: "row_level_security",
            up: String(decoding: PackageResources.V0043__row_level_security_up_sql, as: UTF8.self)
                + RoleGrants.functionsOfSchemaUsers,
            down: RoleGrants.functionsOfEverybody
                + String(decoding: PackageResources.V0043__row_level_security_down_sql, as: UTF8.self)),
    ]
}
