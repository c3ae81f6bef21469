import ArgumentParser

/// `arc events`: shows what services have published, publishes it again, and retries what was given up on.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "List, show and replay events; list and retry dead letters; announce tenants.",
        discussion: """
            Each service writes its events into its outbox, in the transaction of the change that they report; a relay publishes
            them on the message bus. `list` and `show` read the outboxes, as long as these keep events
            (OUTBOX_RETENTION_HOURS). `replay` publishes an event again.

            An event becomes a dead letter when the bus or a handler rejects it, or fails too often. It stays until it is
            retried. GET /health/ready of a service is degraded while there are dead letters.

            Without --service, uses all databases of the stack that `arc up` runs. With --service, uses the database given
            by DB_HOST, DB_PORT and DB_DATABASE, like `arc migrate`. With another EVENT_CONNECTOR than postgres, dead letters
            of the message bus are read from that bus, with the settings of the services.

            Services offer the same over HTTP to operators: GET /events, GET /events/dead-letters and others.

            Examples:
              arc events list --state pending              what was not published yet
              arc events list --tenant <id> --json | jq .  the latest events of a tenant
              arc events show <event>                      one event; secrets in it are hidden
              arc events replay <event> --group orchestrator --reason "provisioner was broken"
              arc events dead                              what was given up on, and why
              arc events retry --all                       try all of it again
            """,
        subcommands: [List.self, Show.self, Replay.self, Dead.self, Retry.self, AnnounceTenants.self])
}
