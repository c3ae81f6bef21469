import PostgresTestSupport
import StackTestSupport
import Testing

/// Provisioning and removal by an orchestrator that is killed before, during and after the work of each step.
@Suite struct ProvisioningCrashTests {
    /// What is in the middle of a step.
    private enum Middle {
        /// A request to a data server, whose answer does not come.
        case answer
        /// A statement that changes a row of the orchestrator.
        case change(CrashPoints.Change)
        /// The step changes nothing, so that it has no middle.
        case none
    }

    private typealias Steps = [(name: String, middle: Middle)]

    private static let provisioning: [String: Steps] = [
        "postgres-schema": [
            ("place", .change(.place)), ("survey", .answer), ("create-schema", .answer),
            ("confirm-place", .change(.confirmation)),
        ],
        "postgres-database": [
            ("place", .change(.place)), ("survey", .answer), ("create-role", .answer), ("create-database", .answer),
            ("fill-database", .answer), ("confirm-place", .change(.confirmation)),
        ],
    ]

    private static let removal: [String: Steps] = [
        "postgres-schema": [
            ("find-place", .none), ("drop-copies", .none), ("close-access", .answer), ("drop-schema", .answer),
            ("forget-credential", .change(.credentialRemoval)), ("release-place", .change(.release)),
        ],
        "postgres-database": [
            ("find-place", .none), ("drop-copies", .none), ("close-access", .answer), ("drop-database", .answer),
            ("drop-role", .answer), ("forget-credential", .change(.credentialRemoval)),
            ("release-place", .change(.release)),
        ],
    ]

    @Test(arguments: ["postgres-schema", "postgres-database"])
    func `a provisioning or removal whose every step loses its process ends as one that was not disturbed`(
        _ provisioner: String
    ) async throws {
        let provisioning = try #require(Self.provisioning[provisioner])
        let removal = try #require(Self.removal[provisioner])
        try await MoveStack.run(provisioner: provisioner) { world in
            let undisturbed = ProvisionedTenant(world)
            let victims = (0..<3).map { _ in ProvisionedTenant(world) }
            try await undisturbed.create()
            try await world.wait(for: 1, of: 0)
            let points = try await CrashPoints(try world.control)

            try await kill(world, victims, points, at: provisioning) { try await $0.create() }
            try await world.wait(for: 4, of: 0)
            try await compare(undisturbed, victims, expecting: provisioning)

            for tenant in [undisturbed] + victims { try await tenant.write(into: try world.application, provisioner) }
            try await undisturbed.remove()
            try await world.wait(for: 1, of: 1)
            try await kill(world, victims, points, at: removal) { try await $0.remove() }
            try await world.wait(for: 4, of: 1)
            try await compare(undisturbed, victims, expecting: removal)
            try await eventually("no place is taken any more") {
                try await world.control.texts(
                    "SELECT concat_ws(' ', name, tenants) FROM main.data_servers ORDER BY name") == ["a 0", "b 0"]
            }
        }
    }

    /// Starts a workflow of three tenants side by side. At each step, one was recorded to have begun it and nothing of it was done, one
    /// is in the middle of it, and one has done all of it, which is not recorded. Then the process is killed.
    private func kill(
        _ world: MoveStack, _ victims: [ProvisionedTenant], _ points: CrashPoints, at steps: Steps,
        begin: (ProvisionedTenant) async throws -> Void
    ) async throws {
        let (before, during, after) = (victims[0], victims[1], victims[2])
        for (number, step) in steps.enumerated() {
            let ready = try await points.arm(before.key, step: step.name, .started)
            let entry = try await points.arm(during.key, step: step.name, .started)
            let done = try await points.arm(after.key, step: step.name, .succeeded)
            if number == 0 {
                for tenant in victims { try await begin(tenant) }
            } else {
                try await world.orchestrator.start()
            }
            for point in [ready, entry, done] { try await points.waitUntilHeld(point) }
            // The last one, because what it holds up in the middle may be needed by the others.
            try await interrupt(during, step, points) { try await points.release(entry) }
            try await world.orchestrator.kill()
            try await points.bury(committing: [ready])
        }
        try await world.orchestrator.start()
    }

    /// Lets a tenant begin its step, and waits until it is in the middle of it.
    private func interrupt(
        _ tenant: ProvisionedTenant, _ step: (name: String, middle: Middle), _ points: CrashPoints,
        begin: () async throws -> Void
    ) async throws {
        switch step.middle {
        case .answer:
            let answers = tenant.world.answers
            let count = answers.count
            answers.lose(tenant.name)
            try await begin()
            try await eventually("\(step.name) waits for an answer", within: .seconds(300)) { answers.count > count }
        case .change(let change):
            let point = try await points.arm(tenant.key, change)
            try await begin()
            try await points.waitUntilHeld(point)
        case .none:
            let point = try await points.arm(tenant.key, step: step.name, .succeeded)
            try await begin()
            try await points.waitUntilHeld(point)
        }
    }

    private func compare(
        _ undisturbed: ProvisionedTenant, _ victims: [ProvisionedTenant], expecting steps: Steps
    ) async throws {
        let expected = try await undisturbed.state()
        let ended = steps.map { "\($0.name) succeeded" }.joined(separator: ", ")
        #expect(expected.contains { $0.contains(ended) }, "\(expected)")
        for tenant in victims {
            let difference = try await tenant.state().difference(from: expected)
            #expect(difference.isEmpty, "\(difference)")
        }
    }
}
