import Entities
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import Synchronization
import Testing
import WorkQueue

@testable import TenantManagement

/// Mails from their transaction to the transport, on a real database.
@Suite(.timeLimit(.minutes(20))) struct MailQueueTests {
    private func withWorld(_ body: (MailQueueWorld) async throws -> Void) async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            try await database.withPool(user: database.template.runtimeRole, connections: 8) { pool in
                try await body(MailQueueWorld(database: database, pool: pool))
            }
        }
    }

    func running(_ queue: NotificationQueue, _ body: () async throws -> Void) async throws {
        let task = Task { await queue.run() }
        try await withCleanup(body) {
            task.cancel()
            await task.value
        }
    }

    @Test func `mails are sent side by side, so that a slow recipient holds up nobody`() async throws {
        try await withWorld { world in
            let atWork = Mutex((now: 0, most: 0))
            let transport = ScriptedTransport { _ in
                atWork.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                // A barrier: the first ones continue when ten are at work.
                try await eventually("ten mails are being sent") { atWork.withLock { $0.most >= 10 } }
                atWork.withLock { $0.now -= 1 }
            }
            let queue = world.queue(transport)
            try await world.enqueue(queue, count: 50)
            try await running(queue) {
                try await eventually("all are sent") { try await world.count() == 0 }
            }
            #expect(transport.sent.count == 50)
        }
    }

    @Test func `a shutdown during a mail is not a failed attempt, and the mail is due at once`() async throws {
        try await withWorld { world in
            let (entered, continuation) = AsyncStream<Void>.makeStream()
            let queue = world.queue(
                ScriptedTransport { _ in
                    continuation.yield()
                    try await Task.sleep(for: .seconds(3600))
                })
            try await world.enqueue(queue)
            let task = Task { await queue.run() }
            for await _ in entered { break }
            task.cancel()
            await task.value
            #expect(try await world.count("attempts = 0 AND claim IS NULL AND next_attempt_on <= now()") == 1)
        }
    }

    @Test func `a mail that has left is not sent again because its deletion failed`() async throws {
        try await withWorld { world in
            let transport = ScriptedTransport { _ in
                // Recording the outcome fails from here on.
                try await world.database.query(
                    "ALTER TABLE main.notifications RENAME TO notifications_that_are_away")
            }
            let queue = world.queue(transport)
            try await world.enqueue(queue)
            try await running(queue) {
                try await eventually("it is sent") { transport.sent.count == 1 }
                // The lease expires meanwhile: a claim before the outcome is recorded would send the mail again.
                try await world.database.query(
                    "UPDATE main.notifications_that_are_away SET next_attempt_on = now() - interval '1 hour'")
                // Some vain attempts to record it; with fewer of them the test is easier.
                try await Task.sleep(for: .milliseconds(300))
                try await world.database.query(
                    "ALTER TABLE main.notifications_that_are_away RENAME TO notifications")
                try await eventually("it is deleted") { try await world.count() == 0 }
            }
            #expect(transport.sent.count == 1)
        }
    }

    @Test func `a sender that is killed delays its mail by seconds`() async throws {
        try await withWorld { world in
            #expect(NotificationSettings().lease <= .seconds(30))
            let settings = NotificationSettings(lease: .seconds(3))
            let store = NotificationStore(pool: world.pool, lease: settings.lease)
            let queue = world.queue(ScriptedTransport(), settings)
            try await world.enqueue(queue)
            // What kill -9 leaves behind: a claim, and nobody who knows of it.
            #expect(try await store.claim(ClaimRequest(limit: 1, lease: settings.lease)).count == 1)
            try await running(queue) {
                try await eventually("it is sent") { try await world.count() == 0 }
            }
        }
    }

    @Test func `a claim is taken over only while the database has answered for the length of a lease`() async throws {
        try await withWorld { world in
            try await world.enqueue(world.queue(ScriptedTransport()))
            let holder = NotificationStore(pool: world.pool, lease: .seconds(3600))
            #expect(try await holder.claim(ClaimRequest(limit: 1, lease: .seconds(3600))).map(\.isInDoubt) == [false])
            try await world.letTimePass(seconds: 3600)

            let store = NotificationStore(pool: world.pool, lease: .seconds(3600))
            let brief = ClaimRequest(limit: 1, lease: .milliseconds(1))
            #expect(try await store.claim(brief).isEmpty, "it has not heard of the database yet")
            _ = try await store.timeUntilDue()
            #expect(
                try await store.claim(ClaimRequest(limit: 1, lease: .seconds(3600))).isEmpty,
                "the holder may still record what it has done")

            let late = NotificationStore(pool: world.pool, lease: .milliseconds(2))
            _ = try await late.timeUntilDue()
            // Longer than its longest gap, as when the claim waits in a server that is frozen.
            try await Task.sleep(for: .milliseconds(5))
            #expect(try await late.claim(brief).isEmpty)

            #expect(try await store.claim(brief).map(\.isInDoubt) == [true])
        }
    }

    @Test func `a claim whose response was lost is returned with the next one`() async throws {
        try await withWorld { world in
            try await world.enqueue(world.queue(ScriptedTransport()), count: 3)
            let store = NotificationStore(pool: world.pool, lease: .seconds(3600))
            // The server's side of a lost answer: a claim that the store only remembers.
            let lost = try await store.claim(ClaimRequest(limit: 2, lease: .seconds(3600)))
            #expect(lost.count == 2)
            store.claims.add(try #require(lost.first?.handle.claim))
            let next = try await store.claim(ClaimRequest(limit: 10, lease: .seconds(3600)))
            #expect(next.count == 3 && next.allSatisfy { !$0.isInDoubt })
        }
    }

    @Test func `a mail is tried for a day and then kept as failed, until its retention is over`() async throws {
        try await withWorld { world in
            let transport = ScriptedTransport { _ in
                throw SMTPError.rejected(.recipient, code: 450, enhancedStatus: nil)
            }
            let queue = world.queue(transport)
            try await world.enqueue(queue)
            try await running(queue) {
                for attempt in 1...20 {
                    try await eventually("attempt \(attempt) is recorded") {
                        try await world.count("attempts = \(attempt) AND failed_on IS NULL AND claim IS NULL") == 1
                    }
                    try await world.letTimePass(seconds: 3600)
                    queue.wakeUp()
                }
                // The last wake-up causes one more attempt; only then may the day pass.
                try await eventually("attempt 21 is recorded") {
                    try await world.count("attempts = 21 AND failed_on IS NULL AND claim IS NULL") == 1
                }
                try await world.letTimePass(seconds: 86_400)
                queue.wakeUp()
                try await eventually("it is given up") { try await world.count("failed_on IS NOT NULL") == 1 }
            }
            #expect(
                try await world.count("last_error = 'the mail server answered 450 to RCPT TO'") == 1)
            #expect(try await queue.deadLetterCount() == 1)
            let store = NotificationStore(pool: world.pool, lease: NotificationSettings().lease)
            try await store.purge(olderThan: .seconds(86_400))
            #expect(try await world.count() == 1)
            try await world.letTimePass(seconds: 86_400)
            try await store.purge(olderThan: .seconds(86_400))
            #expect(try await world.count() == 0)
        }
    }

    @Test func `an outage of the mail server is not an attempt, and mails leave soon after its return`() async throws {
        try await withWorld { world in
            let isAway = Mutex(true)
            let transport = ScriptedTransport { _ in
                if isAway.withLock({ $0 }) { throw SMTPError.connection(.refused) }
            }
            let queue = world.queue(transport)
            try await world.enqueue(queue, count: 3)
            try await running(queue) {
                try await eventually("it is probed") { transport.attempts >= 4 }
                // One of them may be claimed at this moment; the others are due soon.
                let soon = "claim IS NOT NULL OR next_attempt_on < now() + interval '10 s'"
                #expect(try await world.count("attempts = 0 AND failed_on IS NULL AND (\(soon))") == 3)
                isAway.withLock { $0 = false }
                try await eventually("all are sent") { try await world.count() == 0 }
            }
        }
    }

    @Test func `a mail that is refused for good is given up at once`() async throws {
        try await withWorld { world in
            let queue = world.queue(
                ScriptedTransport { _ in throw SMTPError.rejected(.recipient, code: 550, enhancedStatus: nil) })
            try await world.enqueue(queue)
            try await running(queue) {
                try await eventually("it is given up") { try await world.count("failed_on IS NOT NULL") == 1 }
            }
        }
    }
}
