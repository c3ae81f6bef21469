import PrometheusMetrics

extension MetricCatalog {
    static let work = [
        MetricDescription(
            "arc_work_items_total", .counter, labels: ["queue", "outcome"],
            "Attempts at leased work (mails, webhooks, runs, events) by outcome: done, retry, released, dead_letter"),
        MetricDescription(
            "arc_work_duration_seconds", .histogram, labels: ["queue"], buckets: MetricDescription.longDurations,
            "Duration of an attempt"),
        MetricDescription("arc_work_running", .gauge, labels: ["queue"], "Attempts that this node is making"),
        MetricDescription(
            "arc_work_waiting", .gauge, scope: .system, labels: ["queue"],
            "Work that is due and that no node has claimed, counted up to 1000; of webhooks, the endpoints that have some"
        ),
        MetricDescription(
            "arc_work_oldest_seconds", .gauge, scope: .system, labels: ["queue"],
            "For how long the oldest of this work has been due"),
        MetricDescription(
            "arc_periodic_work_duration_seconds", .histogram, labels: ["work"],
            buckets: MetricDescription.longDurations,
            "Duration of a round of periodic work"),
        MetricDescription(
            "arc_periodic_work_delay_seconds", .histogram, labels: ["work"],
            "How much later than planned a round of periodic work began"),
        MetricDescription(
            "arc_workflow_step_duration_seconds", .histogram, labels: ["workflow", "step", "outcome"],
            buckets: MetricDescription.longDurations, "Duration of an attempt at a step of a workflow"),
        MetricDescription(
            "arc_workflow_runs_stuck", .gauge, scope: .system,
            "Workflows that can neither go on nor be undone, and wait for an operator"),
        MetricDescription(
            "arc_workflow_runs_total", .counter, labels: ["workflow", "outcome"],
            "Workflows whose outcome was reported to tenant management, by outcome: succeeded, failed"),
    ]

    static let events = [
        MetricDescription(
            "arc_outbox_waiting", .gauge, scope: .system,
            "Events in the outbox of this service that are not on the bus yet, counted up to 1000"),
        MetricDescription(
            "arc_outbox_oldest_seconds", .gauge, scope: .system,
            "Age of the oldest event in the outbox, 0 if there is none"),
        MetricDescription(
            "arc_bus_waiting", .gauge, scope: .system, labels: ["group"],
            "Events that wait for a group of consumers, counted up to 1000"),
        MetricDescription(
            "arc_bus_oldest_seconds", .gauge, scope: .system, labels: ["group"],
            "Age of the oldest event that waits for a group of consumers, 0 if there is none"),
        MetricDescription(
            "arc_dead_letters", .gauge, scope: .system, labels: ["queue"],
            "Events that were given up and wait for somebody to look at them"),
    ]
}
