import ConfigurationChecks
import PostgresTestSupport
import TestSupport
import Testing

@testable import PostgresClient

/// A real replica, which is stopped in its replay, lost and promoted.
@Suite(.timeLimit(.minutes(20))) struct ReadReplicaTests {
    private static let writing: PostgresStatement = "INSERT INTO written VALUES ($1)"
    private static let counting: PostgresStatement = "SELECT count(*), pg_is_in_recovery() FROM written"

    /// A pool that is asked like one request after the other of a client.
    private struct Client {
        let pool: PostgresPool
        let replicas: ReadReplicas

        /// Writes as a request does, and returns what the client must see from then on.
        func write(_ value: Int64) async throws -> String {
            _ = try await pool.query(writing, [.int64(value)])
            return try #require(await pool.writePosition()).description
        }

        /// How many rows a request sees, and whether the replica has said so.
        func read(seeing position: String) async throws -> (rows: Int, isReplica: Bool) {
            let reading = ReplicaReading(try #require(WritePositions(position)))
            let row = try await ReplicaReading.$current.withValue(reading) {
                try #require(try await pool.query(counting, as: .read).first)
            }
            return (try row.int(0), try row.bool(1))
        }

        /// Waits until the replica answers.
        func awaitReplica(seeing position: String) async throws -> Int {
            try await eventually("the replica answers") {
                await replicas.check()
                let (rows, isReplica) = try await read(seeing: position)
                return isReplica ? rows : nil
            }
        }
    }

    @Test func `a replica answers what it has replayed, and the primary everything else`() async throws {
        try await PostgresCluster.with { primary in
            try await primary.withReplica { replica in
                let configuration = primary.configuration()
                let replicas = ReadReplicas(
                    ReplicaConfiguration(addresses: [ServerAddress(host: replica.folder, port: 5432)]),
                    primary: configuration, logger: testLogger)
                let pool = PostgresPool(configuration: configuration, replicas: replicas, logger: testLogger)
                try await withCleanup {
                    try await pool.execute("CREATE TABLE written (value bigint)")
                    let client = Client(pool: pool, replicas: replicas)
                    try await checkReplay(client, replica)
                    try await checkStatements(client)
                    try await checkLoss(client, replica)
                    try await checkPromotion(client, replica, primary)
                } cleanup: {
                    await pool.shutdown(patience: .zero)
                    await replicas.shutdown()
                }
            }
        }
    }

    /// While the replay stands still, only clients that need nothing newer are answered by the replica.
    private func checkReplay(_ client: Client, _ replica: PostgresCluster) async throws {
        let first = try await client.write(1)
        #expect(try await client.read(seeing: first) == (1, false), "the replica was not checked yet")
        #expect(try await client.awaitReplica(seeing: first) == 1)
        try await withPool(replica.configuration()) { admin in
            try await admin.execute("SELECT pg_wal_replay_pause()")
            try await eventually("the replay stands still") {
                try await admin.count("SELECT count(*) WHERE pg_get_wal_replay_pause_state() = 'paused'") == 1
            }
            let second = try await client.write(2)
            await client.replicas.check()
            for _ in 0..<5 { #expect(try await client.read(seeing: second) == (2, false)) }
            #expect(try await client.read(seeing: "\(first),\(second)") == (2, false))
            #expect(try await client.awaitReplica(seeing: first) == 1)
            #expect(try await client.awaitReplica(seeing: "0") == 1)
            let foreign = "\(WritePosition(cluster: 7, timeline: 1, place: 0))"
            #expect(try await client.read(seeing: foreign) == (2, false), "a position of another cluster says nothing")
            #expect(try await client.pool.query(Self.counting, as: .read).first?.int(0) == 2, "no request")

            try await admin.execute("SELECT pg_wal_replay_resume()")
            #expect(try await client.awaitReplica(seeing: second) == 2)
        }
    }

    /// What writes or locks is done by the primary, and so is what the same request reads afterwards.
    private func checkStatements(_ client: Client) async throws {
        func isReplica(_ body: (PostgresPool) async throws -> Void) async throws -> Bool {
            try await ReplicaReading.$current.withValue(ReplicaReading(try #require(WritePositions("0")))) {
                try await body(client.pool)
                return try await client.pool.query(Self.counting, as: .read).first?.bool(1) ?? false
            }
        }
        _ = try await client.awaitReplica(seeing: "0")
        #expect(try await isReplica { _ in })
        #expect(try await !isReplica { _ = try await $0.query(Self.writing, [.int64(3)]) })
        #expect(
            try await !isReplica {
                try await $0.withTransaction { _ = try await $0.query(Self.writing, [.int64(4)]) }
            })
        for sql in ["SELECT value FROM written FOR UPDATE", "SELECT txid_current()"] {
            let isRepeated = try await !isReplica { pool in
                _ = try #require(try await pool.query(PostgresStatement(sql), as: .read).first)
            }
            #expect(isRepeated, "\(sql)")
        }
        await client.replicas.check()
        #expect(client.replicas.reports.map(\.standing) == [.usable])
        // An error of the caller's own is that of the primary.
        let failure = await #expect(throws: PostgresError.self) {
            _ = try await isReplica {
                _ = try await $0.query("SELECT 1 / value FROM written WHERE 1 / 0 = 1", as: .read)
            }
        }
        #expect(failure?.isGuardViolation == true && failure?.statementIndex == 0)
    }

    /// Nobody notices that a replica is gone.
    private func checkLoss(_ client: Client, _ replica: PostgresCluster) async throws {
        let position = try await client.write(5)
        #expect(try await client.awaitReplica(seeing: position) == 5)
        try await replica.crash()
        #expect(try await client.read(seeing: position) == (5, false))
        #expect(client.replicas.reports.map(\.standing) == [.unreachable])
        await client.replicas.check()
        #expect(try await client.read(seeing: position) == (5, false))
        try await replica.start()
        #expect(try await client.awaitReplica(seeing: position) == 5)
    }

    /// A promoted replica goes its own way, and comes back as a new copy.
    private func checkPromotion(
        _ client: Client, _ replica: PostgresCluster, _ primary: PostgresCluster
    ) async throws {
        let position = try await client.write(6)
        #expect(try await client.awaitReplica(seeing: position) == 6)
        try await withPool(replica.configuration()) { admin in
            try await admin.execute("SELECT pg_promote()")
            try await admin.execute("DELETE FROM written")
        }
        // The last check has found a replica: the read itself finds out.
        #expect(try await client.read(seeing: position) == (6, false))
        #expect(client.replicas.reports.map(\.standing) != [.usable])
        await client.replicas.check()
        #expect(client.replicas.reports.map(\.standing) == [.promoted])
        #expect(try await client.read(seeing: "0") == (6, false))
        try await replica.becomeReplica(of: primary)
        #expect(try await client.awaitReplica(seeing: position) == 6)
    }
}
