import PostgresClient
import PostgresTestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(20))) struct ListenerTests {
    @Test func `a listener receives its channels only`() async throws {
        let channel = TestServer.uniqueName("Channel \"x\"")
        let other = TestServer.uniqueName("other")
        let listener = PostgresListener(
            configuration: try TestServer.configuration(), channels: [channel, other], logger: testLogger)
        var events = listener.events().makeAsyncIterator()
        await expect(&events, .connected)
        // The event comes before anything is received, and so right before this is true.
        try await TestServer.until { listener.isConnected }
        try await TestServer.withPool { pool in
            let notify: PostgresStatement = "SELECT pg_notify($1, $2)"
            _ = try await pool.query(notify, [.text(TestServer.uniqueName("unheard")), "a"])
            _ = try await pool.query(notify, [.text(channel), "b ü"])
            _ = try await pool.query(notify, [.text(other), ""])
        }
        await expect(&events, .notification(channel: channel, payload: "b ü"))
        await expect(&events, .notification(channel: other, payload: ""))
        listener.shutdown()
        await expect(&events, nil)
        #expect(!listener.isConnected)
    }

    @Test func `a killed listener connects again`() async throws {
        let name = TestServer.uniqueName("listener")
        let listener = PostgresListener(
            configuration: try TestServer.configuration { $0.applicationName = name }, channels: [name],
            logger: testLogger)
        var events = listener.events().makeAsyncIterator()
        await expect(&events, .connected)
        try await TestServer.withPool { pool in
            for round in 0..<3 {
                _ = try await pool.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [.text(name)])
                await expect(&events, .connected)
                _ = try await pool.query("SELECT pg_notify($1, $2)", [.text(name), .text("\(round)")])
                await expect(&events, .notification(channel: name, payload: "\(round)"))
            }
        }
        listener.shutdown()
    }

    @Test func `a listener listens again after a restart`() async throws {
        try await PostgresCluster.with { server in
            let listener = PostgresListener(
                configuration: server.configuration(), channels: ["wake"], logger: testLogger)
            var events = listener.events().makeAsyncIterator()
            await expect(&events, .connected)
            try await server.stop()
            try await TestServer.until { !listener.isConnected }
            try await server.start()
            await expect(&events, .connected)
            try await TestServer.withPool(server.configuration()) { pool in
                _ = try await pool.query("SELECT pg_notify('wake', 'up')")
            }
            await expect(&events, .notification(channel: "wake", payload: "up"))
            listener.shutdown()
        }
    }

    @Test func `a listener ends with its consumer`() async throws {
        let name = TestServer.uniqueName("listener")
        let listener = PostgresListener(
            configuration: try TestServer.configuration { $0.applicationName = name }, channels: [name],
            logger: testLogger)
        let consumer = Task { for await _ in listener.events() {} }
        try await TestServer.until { listener.isConnected }
        consumer.cancel()
        await consumer.value
        try await TestServer.until { !listener.isConnected }
        try await TestServer.withPool { pool in
            try await TestServer.until {
                try await pool.query("SELECT 1 FROM pg_stat_activity WHERE application_name = $1", [.text(name)])
                    .rowCount == 0
            }
        }
    }
}

/// Expects this as the next event; `nil`: the end.
private func expect(
    _ events: inout AsyncStream<PostgresListener.Event>.Iterator, _ expected: PostgresListener.Event?,
    sourceLocation: SourceLocation = #_sourceLocation
) async {
    let event = await events.next(isolation: #isolation)
    #expect(event == expected, sourceLocation: sourceLocation)
}
