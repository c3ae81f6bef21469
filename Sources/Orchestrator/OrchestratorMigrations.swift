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
            number: 10, name: "credential_removal", up: PackageResources.V0010__credential_removal_up_sql,
            down: PackageResources.V0010__credential_removal_down_sql),
        Migration(
            number: 11, name: "workflows", up: PackageResources.V0011__workflows_up_sql,
            down: PackageResources.V0011__workflows_down_sql),
        Migration(
            number: 20, name: "placements", up: PackageResources.V0020__placements_up_sql,
            down: PackageResources.V0020__placements_down_sql),
        Migration(
            number: 21, name: "moves", up: PackageResources.V0021__moves_up_sql,
            down: PackageResources.V0021__moves_down_sql),
        Migration(
            number: 22, name: "credentials_by_name", up: PackageResources.V0022__credentials_by_name_up_sql,
            down: PackageResources.V0022__credentials_by_name_down_sql),
    ]
}
