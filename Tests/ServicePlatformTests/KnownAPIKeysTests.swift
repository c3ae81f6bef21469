import Entities
import Primitives
import Sealing
import ServiceKit
import Synchronization
import TestSupport
import Testing

@testable import ServicePlatform

@Suite
struct KnownAPIKeysTests {
    /// The keys of a database that counts lookups and can hold them.
    private final class Database: Sendable {
        struct Failure: Error {}

        private struct State {
            var keys: [KnownAPIKey] = []
            var lookups: [Int] = []
            var isClosed = false
            var isBroken = false
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        var lookups: [Int] { state.withLock { $0.lookups } }
        var waiting: Int { state.withLock { $0.waiting.count } }

        func set(_ keys: [KnownAPIKey]) { state.withLock { $0.keys = keys } }
        func `break`(_ isBroken: Bool = true) { state.withLock { $0.isBroken = isBroken } }
        func close() { state.withLock { $0.isClosed = true } }

        func open() {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                state.isClosed = false
                return state.waiting
            }
            for waiter in waiting { waiter.resume() }
        }

        func find(_ hashes: [[UInt8]]) async throws -> [KnownAPIKey] {
            // What a query sees is fixed when it begins.
            let found = try state.withLock { state in
                state.lookups.append(hashes.count)
                if state.isBroken { throw Failure() }
                return state.keys.filter { $0.end(ofSecret: hashes) != nil }
            }
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if state.isClosed { state.waiting.append(continuation) }
                    return !state.isClosed
                }
                if isOpen { continuation.resume() }
            }
            return found
        }
    }

    private let database = Database()
    private let clock = ManualClock(Timestamp(seconds: 1_800_000_000))
    private let hasher = APIKeyHasher([EncryptionKey(secret: "current"), EncryptionKey(secret: "former")])
    private let uses = APIKeyUses()
    private let keys: KnownAPIKeys
    private let start = ContinuousClock.now

    init() {
        keys = KnownAPIKeys(
            hasher: hasher, roles: RoleBook(), uses: uses, clock: clock, now: { [start] in start },
            lookup: { [database] in try await database.find($0) })
        keys.confirm(at: start)
    }

    private func key(_ text: APIKeyText, _ id: Identifier = .v4(), seconds: Int = 3600) -> KnownAPIKey {
        KnownAPIKey(
            id: id, tenant: nil, permissions: ["1"], roles: [], hash: hasher.hash(text),
            expiresOn: clock.now().adding(.seconds(seconds)))
    }

    private func isAccepted(_ text: String) async throws -> Bool {
        do {
            _ = try await keys.identity(text)
            return true
        } catch is CredentialError {
            return false
        }
    }

    @Test func `a key costs one query, and none when it is known`() async throws {
        let (text, id) = (APIKeyText.make(), Identifier.v4())
        database.set([key(text, id)])
        let identity = try await keys.identity(text.text)
        #expect(identity.credential == .apiKey(id) && identity.kind == .service && identity.permissions == ["1"])
        for _ in 0..<10 { _ = try await keys.identity(text.text) }
        #expect(database.lookups.count == 1)
        #expect(uses.take() == [APIKeyUses.Use(key: id, instant: clock.now())])
    }

    @Test func `what cannot be a key costs no query`() async throws {
        let text = APIKeyText.make().text
        for wrong in ["", "arc_", text.lowercased(), String(text.dropLast()), text + text, text + "0"] {
            await #expect(throws: CredentialError.malformedAPIKey) { try await keys.identity(wrong) }
        }
        #expect(database.lookups.isEmpty)
    }

    @Test func `the same wrong key costs one query`() async throws {
        let text = APIKeyText.make().text
        for _ in 0..<10 { #expect(try await !isAccepted(text)) }
        #expect(database.lookups.count == 1)
    }

    @Test func `many requests at once share a query for a key, and keys share a query`() async throws {
        database.close()
        let texts = (0..<450).map { _ in APIKeyText.make() }
        database.set([key(texts[7])])
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await isAccepted(texts[0].text) }
            try await eventually("the first lookup runs") { database.waiting == 1 }
            for text in texts + texts { group.addTask { try await isAccepted(text.text) } }
            // All of them wait behind the one query that runs.
            try await eventually("all wait") { keys.waiting == 2 * texts.count + 1 }
            #expect(database.lookups.count == 1)
            database.open()
            #expect(try await group.reduce(0) { $0 + ($1 ? 1 : 0) } == 2, "the right key, twice")
        }
        #expect(database.lookups.count == 4, "one, and 449 in three batches")
        #expect(database.lookups.reduce(0, +) == 2 * texts.count, "each key once, under both secrets")
    }

    @Test func `too many wrong keys at once are refused, and known keys go on`() async throws {
        let known = APIKeyText.make()
        database.set([key(known)])
        #expect(try await isAccepted(known.text))
        database.close()
        try await withThrowingTaskGroup(of: CredentialError?.self) { group in
            for _ in 0..<APIKeyLookups.capacity + 50 {
                let text = APIKeyText.make().text
                group.addTask {
                    do {
                        _ = try await keys.identity(text)
                        return nil
                    } catch let error as CredentialError {
                        return error
                    }
                }
            }
            try await eventually("the queue is full") { keys.waiting == APIKeyLookups.capacity }
            #expect(try await isAccepted(known.text))
            database.open()
            var refused = 0
            for try await outcome in group where outcome == .tooManyLookups { refused += 1 }
            #expect(refused == 50)
        }
    }

    @Test func `nobody passes while the database does not answer`() async throws {
        let text = APIKeyText.make()
        database.set([key(text)])
        database.break()
        await #expect(throws: Database.Failure.self) { try await keys.identity(text.text) }
        database.break(false)
        #expect(try await isAccepted(text.text), "a failure is not remembered")
    }

    @Test func `a key that is changed while it is looked up is asked for again`() async throws {
        let (text, id) = (APIKeyText.make(), Identifier.v4())
        database.set([key(text, id)])
        database.close()
        async let first = isAccepted(text.text)
        try await eventually("the lookup runs") { database.waiting == 1 }
        database.set([])
        await keys.rowsChanged([RowVersion(id: id, version: 2)])
        database.open()
        _ = try await first
        #expect(try await !isAccepted(text.text), "what was read before the deletion is not kept")
        #expect(database.lookups.count == 2)
    }

    @Test func `a request that comes after a change does not share a query that began before it`() async throws {
        let (text, id) = (APIKeyText.make(), Identifier.v4())
        database.set([key(text, id)])
        database.close()
        async let first = isAccepted(text.text)
        try await eventually("the lookup runs") { database.waiting == 1 }
        database.set([])
        await keys.rowsChanged([RowVersion(id: id, version: 2)])
        async let second = isAccepted(text.text)
        try await eventually("both wait") { keys.waiting == 2 }
        database.open()
        _ = try await first
        let isSecondAccepted = try await second
        #expect(!isSecondAccepted, "the key was deleted before the request")
        #expect(try await !isAccepted(text.text), "what was read before the deletion is not kept")
    }

    @Test func `a key ends at its time, without a change`() async throws {
        let text = APIKeyText.make()
        database.set([key(text, seconds: 60)])
        #expect(try await isAccepted(text.text))
        clock.advance(by: .seconds(60))
        #expect(try await !isAccepted(text.text))
    }

    @Test func `a key under an earlier secret is accepted and gets a new hash`() async throws {
        let (text, id) = (APIKeyText.make(), Identifier.v4())
        let former = APIKeyHasher([EncryptionKey(secret: "former")]).hash(text)
        database.set([
            KnownAPIKey(
                id: id, tenant: nil, permissions: ["1"], roles: [], hash: former,
                expiresOn: clock.now().adding(.seconds(60)))
        ])
        #expect(try await isAccepted(text.text))
        _ = try await keys.identity(text.text)
        let use = try #require(uses.take().first)
        #expect(use.rehash == APIKeyUses.Rehash(former: former, current: hasher.hash(text)))
    }
}
