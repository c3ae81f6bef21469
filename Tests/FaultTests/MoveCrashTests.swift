import PostgresTestSupport
import StackTestSupport
import Testing

/// Moves of tenants by an orchestrator that is killed before, during and after the work of each step.
@Suite struct MoveCrashTests {
    private static let steps = [
        "reserve-target", "survey-target", "close-writes", "copy", "close-source", "verify", "switch",
    ]

    /// Three tenants are moved side by side. At each step, one was recorded to have begun it and nothing of it was done, one waits in
    /// the middle of it for an answer, and one has done all of it, which is not recorded. Then the process is killed.
    @Test func `a move whose every step loses its process ends as one that was not disturbed`() async throws {
        try await MoveStack.run { world in
            let undisturbed = try await world.tenant()
            let (before, during, after) = (
                try await world.tenant(), try await world.tenant(), try await world.tenant()
            )
            try await undisturbed.move()
            try await world.waitForMoves(1)

            let points = try await CrashPoints(try world.control)
            for (number, step) in Self.steps.enumerated() {
                let ready = try await points.arm(before.key, step: step, .started)
                let entry = try await points.arm(during.key, step: step, .started)
                let done = try await points.arm(after.key, step: step, .succeeded)
                if number == 0 {
                    for tenant in [before, during, after] { try await tenant.move() }
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
            try await world.waitForMoves(4)
            #expect(world.answers.count == Self.steps.count - 1)

            let expected = try await undisturbed.state()
            #expect(expected.contains { $0.contains(Self.steps.map { "\($0) succeeded" }.joined(separator: ", ")) })
            #expect(expected.contains { $0.hasPrefix("a: role f ") }, "nobody enters the old copy")
            for tenant in [before, during, after] {
                let difference = try await tenant.state().difference(from: expected)
                #expect(difference.isEmpty, "\(difference)")
            }
            for tenant in [before, during, after] { try await tenant.write() }
            try await checkRemoval(of: [undisturbed, before, during, after], world)
        }
    }

    /// Lets a tenant begin its step, and waits until it is in the middle of it.
    private func interrupt(
        _ tenant: MovedTenant, _ step: String, _ points: CrashPoints, begin: () async throws -> Void
    ) async throws {
        // The only step that works on no data server.
        if step == "reserve-target" {
            let reservation = try await points.armReservation(tenant.key)
            try await begin()
            return try await points.waitUntilHeld(reservation)
        }
        let answers = tenant.world.answers
        let count = answers.count
        // Of the copy, the answer is the data.
        answers.lose(step == "copy" ? "COPY \(tenant.name).orders" : tenant.name)
        try await begin()
        try await eventually("\(step) waits for an answer", within: .seconds(300)) { answers.count > count }
    }

    /// The old copies go when the moves are confirmed, completely, and nothing else does.
    private func checkRemoval(of tenants: [MovedTenant], _ world: MoveStack) async throws {
        for tenant in tenants { try await tenant.confirm() }
        let names = tenants.map { "'\($0.name)'" }.joined(separator: ", ")
        try await eventually("the old copies are gone") {
            try await world.application.count(
                """
                SELECT (SELECT count(*) FROM pg_namespace WHERE nspname IN (\(names)))
                    + (SELECT count(*) FROM pg_roles WHERE rolname IN (\(names)))
                """) == 0
        }
        try await eventually("no place is taken for them any more") {
            try await world.control.texts(
                "SELECT concat_ws(' ', name, tenants) FROM main.data_servers ORDER BY name") == ["a 0", "b 4"]
        }
        let copies = try await withPool(world.other.configuration()) {
            try await $0.count("SELECT count(*) FROM pg_database WHERE datname IN (\(names))")
        }
        #expect(copies == 4)
    }
}
