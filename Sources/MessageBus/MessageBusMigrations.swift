package import Migrations

/// The migrations of the database `message_bus_db`, which ``PostgresConnector`` works on.
///
/// They run as the database's owner. Schema `main` and the runtime role `message_bus_app` must exist before.
package enum MessageBusMigrations {
    /// All of them, in order.
    package static let all: [Migration] = [
        Migration(
            number: 1, name: "message_bus", up: PackageResources.V0001__message_bus_up_sql,
            down: PackageResources.V0001__message_bus_down_sql),
        Migration(
            number: 2, name: "lanes_and_backfills", up: PackageResources.V0002__lanes_and_backfills_up_sql,
            down: PackageResources.V0002__lanes_and_backfills_down_sql),
        Migration(
            number: 3, name: "event_operations", up: PackageResources.V0003__event_operations_up_sql,
            down: PackageResources.V0003__event_operations_down_sql),
        Migration(
            number: 4, name: "cheaper_checks", up: PackageResources.V0004__cheaper_checks_up_sql,
            down: PackageResources.V0004__cheaper_checks_down_sql),
        Migration(
            number: 5, name: "room_for_claims", up: PackageResources.V0005__room_for_claims_up_sql,
            down: PackageResources.V0005__room_for_claims_down_sql),
    ]
}
