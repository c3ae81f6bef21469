import JSONCoding
import MessageBus
import PostgresTestSupport
import Primitives
import Testing

@testable import Orchestrator

/// The provisioning run of one event, performed step by step: what the worker does, without its loop, on a clock that only
/// the test moves. Callbacks go to a receiver in this process.
struct RunStory: Sendable {
    static let lease = Duration.seconds(15)

    let world: TestWorld
    let receiver: Receiver
    let test: TestEvent
    /// Where the receiver listens.
    let url: String
    let client: JSONPoster

    /// Stores an event as a run and gives `body` what it needs to perform it.
    /// - Parameters:
    ///   - application: Whether the test needs the application database and the provisioner.
    ///   - tier: The tier that the event names.
    ///   - reply: The response to each callback, by its number from 1.
    static func with(
        application: Bool = false, tier: String? = "BASIC",
        reply: @escaping @Sendable (Int) -> Receiver.Reply = { _ in .status(204) },
        _ body: (RunStory) async throws -> Void
    ) async throws {
        try await TestWorld.with(application: application) { world in
            try await Receiver.with(reply) { receiver, url in
                try await withClient { client in
                    var test = TestEvent(key: application ? world.newKey() : "acme")
                    test.tier = tier
                    #expect(try await world.repository().enqueue(try test.event()))
                    try await body(RunStory(world: world, receiver: receiver, test: test, url: url, client: client))
                }
            }
        }
    }

    /// - Parameter callbackURL: nil for the receiver's.
    func processor(
        _ provisioner: any Provisioner = ScriptedProvisioner(), callbackURL: String? = nil,
        policy: RunPolicy = RunPolicy()
    ) throws -> ProvisioningRunProcessor {
        try world.processor(provisioner, callbackURL: callbackURL ?? url + "/webhook", client: client, policy: policy)
    }

    /// Claims what is due and works on it; returns how many runs that were.
    @discardableResult
    func work(_ processor: ProvisioningRunProcessor) async throws -> Int {
        let runs = try await processor.repository.claim(limit: 10, lease: Self.lease)
        for run in runs {
            let transition = await processor.advance(run)
            _ = try await processor.repository.record(run, transition)
        }
        return runs.count
    }

    /// Claims the run as a process does that is killed before it records anything.
    func claim() async throws -> ProvisioningRun {
        try #require(try await world.repository().claim(limit: 1, lease: Self.lease).first)
    }

    /// The claimed run as a process sees it before the first step.
    func work(on run: ProvisioningRun, _ provisioner: any Provisioner) async throws -> RunWork {
        let repository = world.repository()
        let details = try await repository.details(of: run)
        let plan = try provisioner.plan(run.kind)
        var run = run
        run.workflow = Workflow(plan)
        return RunWork(
            run: run, event: try #require(repository.event(of: run)), details: details, plan: .success(plan),
            provisioner: "test")
    }

    func run() async throws -> StoredRun { try await world.run(of: test.tenant) }

    func letTimePass(_ duration: Duration) async throws { try await world.letTimePass(duration) }

    /// The statuses that the callbacks reported: 1 for success, 0 for failure.
    func reportedStatuses() throws -> [JSONValue?] { try receiver.requests.map { try $0.json["data"]?["status"] } }
}

/// What workflows add.
extension RunStory {
    /// The steps of the run: name, state, attempts, last error, and what is stored of input and output.
    func steps() async throws -> [String] {
        try await world.admin.texts(
            """
            SELECT concat_ws(' ', name, state, attempts, last_error, CASE WHEN sealed_input IS NOT NULL THEN 'in' END,
                CASE WHEN sealed_output IS NOT NULL THEN 'out' END)
            FROM main.workflow_steps ORDER BY run_id, position
            """)
    }

    /// Sends a command of an operator as the bus brings it.
    /// - Returns: Whether it was new.
    func command(_ command: WorkflowCommand, id: Identifier = .v4()) async throws -> Bool {
        let data: JSONValue = [
            "tenantId": .identifier(test.tenant), "context": .string(test.context), "commandId": .identifier(id),
            "command": .string(command.rawValue), "reason": "as a test",
        ]
        let event = try EventEnvelope(
            id: .v4(), type: EventType.tenantProvisioningCommand, tenantID: test.tenant, occurredAt: world.clock.now(),
            data: data.serialized())
        return try await world.repository().enqueue(try WorkflowCommandRequest(event), event: event.id)
    }

    /// What became of commands: command, state, detail.
    func commands() async throws -> [String] {
        try await world.admin.texts(
            "SELECT concat_ws(' ', command, state, detail) FROM main.workflow_commands ORDER BY requested_on, decided_on"
        )
    }

    func run(of test: TestEvent) async throws -> StoredRun {
        try await world.run(of: test.tenant, context: test.context)
    }

    /// Reports the progress of what is due; returns how many runs that were.
    func reportProgress() async throws -> Int {
        try await world.admin.execute(
            "UPDATE main.provisioning_runs SET progress_due_at = now() WHERE progress_due_at IS NOT NULL")
        let repository = world.repository()
        let reporter = ProgressReporter(
            repository: repository,
            callbacks: CallbackSender(
                url: url + "/webhook", timeout: .seconds(120), client: client, clock: world.clock),
            policy: RunPolicy(progressPause: .zero), logger: testLogger)
        let items = try await repository.claimProgress(.v4(), limit: 10, lease: Self.lease)
        for item in items { _ = try await repository.recordProgress([(item, try await reporter.report(item))]) }
        return items.count
    }
}
