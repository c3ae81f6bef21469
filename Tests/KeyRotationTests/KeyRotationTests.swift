import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import TestSupport
import Testing

@testable import KeyRotation

@Suite(.timeLimit(.minutes(20))) struct KeyRotationTests {
    private static let template = DatabaseTemplate("rotation", runtimeRole: "rotation_app", migrations: [])
    private static let bytes = SealedColumn(
        "public.things", "sealed", key: [.init("owner", "uuid"), .init("position", "smallint")], purpose: "things"
    ) { SealedPlace("things/\($0.text("owner"))/\($0.text("position"))", former: "things") }
    private static let documents = SealedColumn(
        "public.documents", "data", key: [.init("id", "bigint")], form: .json, purpose: "documents"
    ) { SealedPlace("documents/\($0.document?["context"]?.stringValue ?? "")") }

    private static let owner = Identifier.v4()
    private static let old = Sealer(secret: "old", purpose: "things")
    private static let new = EncryptionKeys(current: "new", others: ["old", "older"])

    private static func withTables(_ body: (PostgresPool) async throws -> Void) async throws {
        try await TestDatabase.with(template) { database in
            try await database.withPool(connections: 4) { pool in
                _ = try await pool.query(
                    "CREATE TABLE public.things (owner uuid, position smallint, sealed bytea, PRIMARY KEY (owner, position))"
                )
                _ = try await pool.query("CREATE TABLE public.documents (id bigint PRIMARY KEY, data json)")
                try await body(pool)
            }
        }
    }

    private static func insert(_ position: Int, _ value: [UInt8]?, _ pool: PostgresPool) async throws {
        _ = try await pool.query(
            "INSERT INTO public.things VALUES ($1, $2, $3)",
            [.identifier(owner), .int16(Int16(position)), .optional(value, PostgresValue.bytes)])
    }

    private static func value(_ position: Int, _ pool: PostgresPool) async throws -> [UInt8]? {
        try await pool.query(
            "SELECT sealed FROM public.things WHERE position = $1", [.int16(Int16(position))]
        ).first?.bytesIfPresent(0)
    }

    private static func rotation(
        _ pool: PostgresPool, isDryRun: Bool = false, batchSize: Int = 3, passes: Int = 30
    ) -> KeyRotation {
        KeyRotation(
            pool: pool, keys: new,
            settings: .init(batchSize: batchSize, pause: .zero, isDryRun: isDryRun, maximumPasses: passes))
    }

    @Test func `values of all forms and keys are sealed under the current key, and nothing else changes`() async throws
    {
        try await Self.withTables { pool in
            let older = Sealer(keys: EncryptionKeys(current: "older", others: ["x"]), purpose: "things")
            let current = Sealer(keys: Self.new, purpose: "things")
            let finished = try current.seal([9], label: "things/\(Self.owner)/9")
            for position in 0..<8 {
                try await Self.insert(
                    position,
                    position.isMultiple(of: 2)
                        ? try Self.old.seal([UInt8(position)], label: "things")
                        : try older.seal([UInt8(position)], label: "things/\(Self.owner)/\(position)"), pool)
            }
            try await Self.insert(8, nil, pool)
            try await Self.insert(9, finished, pool)
            try await Self.insert(10, [1, 2, 3], pool)

            let counted = try await Self.rotation(pool, isDryRun: true).run(Self.bytes)
            #expect(counted == .init(column: "public.things.sealed", rows: 11, resealed: 0, left: 8, unreadable: 1))
            let outcome = try await Self.rotation(pool).run(Self.bytes)
            #expect(outcome == .init(column: "public.things.sealed", rows: 11, resealed: 8, left: 0, unreadable: 1))

            let alone = Sealer(secret: "new", purpose: "things")
            for position in 0..<8 {
                let stored = try #require(try await Self.value(position, pool))
                #expect(try alone.open(stored, label: "things/\(Self.owner)/\(position)") == [UInt8(position)])
                #expect(throws: SealingError.self) { try alone.open(stored, label: "things/\(Self.owner)/99") }
            }
            #expect(try await Self.value(9, pool) == finished)
            #expect(try await Self.value(10, pool) == [1, 2, 3])
            let again = try await Self.rotation(pool).run(Self.bytes)
            #expect(again.resealed == 0 && again.left == 0)
        }
    }

    @Test func `sealed texts in documents are replaced in place`() async throws {
        try await Self.withTables { pool in
            let old = Sealer(secret: "old", purpose: "documents")
            let sealed = SealedText.encode(try old.seal([1], label: "documents/one"))
            let text =
                #"{ "b":1.50,  "secret":"\#(sealed)", "list":["\#(sealed)"], "said":"sealed:nothing", "context":"one"}"#
            for (id, document) in [(1, text), (2, #"{"context": "sealed:"}"#)] as [(Int64, String)] {
                _ = try await pool.query(
                    "INSERT INTO public.documents VALUES ($1, $2::text::json)", [.int64(id), .text(document)])
            }
            let outcome = try await Self.rotation(pool).run(Self.documents)
            #expect(outcome == .init(column: "public.documents.data", rows: 2, resealed: 1, left: 0, unreadable: 0))
            let stored = try #require(
                try await pool.query("SELECT data::text FROM public.documents WHERE id = 1").first?.text(0))
            let latest = try #require(try JSONValue.parse(stored: stored)["secret"]?.stringValue)
            #expect(latest != sealed)
            let bytes = try #require(SealedText.decode(latest))
            #expect(try Sealer(secret: "new", purpose: "documents").open(bytes, label: "documents/one") == [1])
            let rest = stored.replacing(/sealed:[A-Za-z0-9+\/=]{30,}/, with: "…")
            #expect(rest == #"{ "b":1.50,  "secret":"…", "list":["…"], "said":"sealed:nothing", "context":"one"}"#)
        }
    }

    @Test func `a text of a person that looks sealed does not keep the others of its document from being sealed again`()
        async throws
    {
        try await Self.withTables { pool in
            let old = Sealer(secret: "old", purpose: "documents")
            let said = SealedText.encode([UInt8](repeating: 7, count: 40))
            let sealed = SealedText.encode(try old.seal([1], label: "documents/one"))
            _ = try await pool.query(
                "INSERT INTO public.documents VALUES (1, $1::text::json)",
                [.text(#"{"said":"\#(said)","secret":"\#(sealed)","context":"one"}"#)])
            let outcome = try await Self.rotation(pool).run(Self.documents)
            #expect(outcome == .init(column: "public.documents.data", rows: 1, resealed: 1, left: 0, unreadable: 1))
            let stored = try #require(try await pool.query("SELECT data::text FROM public.documents").first?.text(0))
            let document = try JSONValue.parse(stored: stored)
            #expect(document["said"]?.stringValue == said)
            let latest = try #require(document["secret"]?.stringValue)
            let bytes = try #require(SealedText.decode(latest))
            #expect(try Sealer(secret: "new", purpose: "documents").open(bytes, label: "documents/one") == [1])
        }
    }

    @Test func `a value that has changed since it was read is not replaced`() async throws {
        try await Self.withTables { pool in
            try await Self.insert(1, try Self.old.seal([1], label: "things"), pool)
            let resealing = Resealing(Self.bytes, keys: Self.new)
            let repository = SealedColumnRepository(
                pool: pool, column: Self.bytes, prefix: resealing.sealer.currentPrefix)
            let stale = try #require(try await repository.page(after: nil, limit: 10).values.first)
            guard case .resealed(let latest) = resealing.outcome(of: stale) else {
                Issue.record("not sealed again")
                return
            }
            let traffic = try Self.old.seal([2], label: "things")
            _ = try await pool.query("UPDATE public.things SET sealed = $1", [.bytes(traffic)])
            #expect(try await repository.replace([(stale, latest)]) == 0)
            #expect(try await Self.value(1, pool) == traffic)
        }
    }

    @Test func `rows that others have locked are waited for by nobody, and sealed later`() async throws {
        try await Self.withTables { pool in
            for position in 0..<5 {
                try await Self.insert(position, try Self.old.seal([UInt8(position)], label: "things"), pool)
            }
            let traffic = try Self.old.seal([77], label: "things")
            try await pool.withTransaction { transaction in
                _ = try await transaction.query(
                    "UPDATE public.things SET sealed = $1 WHERE position = 2", [.bytes(traffic)])
                let outcome = try await Self.rotation(pool, passes: 1).run(Self.bytes)
                #expect(outcome.resealed == 4 && outcome.left == 1)
            }
            let outcome = try await Self.rotation(pool).run(Self.bytes)
            #expect(outcome.resealed == 1 && outcome.left == 0)
            let stored = try #require(try await Self.value(2, pool))
            #expect(try Sealer(secret: "new", purpose: "things").open(stored, label: "things/\(Self.owner)/2") == [77])
        }
    }

    @Test func `writers at the same time lose nothing`() async throws {
        try await Self.withTables { pool in
            for position in 0..<40 {
                try await Self.insert(position, try Self.old.seal([0], label: "things"), pool)
            }
            // A node that has not been restarted yet goes on to seal under the old key.
            let writes = (1...5).flatMap { round in (0..<40).map { ($0, UInt8(round)) } }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for (position, value) in writes {
                        _ = try await pool.query(
                            "UPDATE public.things SET sealed = $1 WHERE position = $2",
                            [.bytes(try Self.old.seal([value], label: "things")), .int16(Int16(position))])
                    }
                }
                for _ in 0..<2 { group.addTask { _ = try await Self.rotation(pool).run(Self.bytes) } }
                try await group.waitForAll()
            }
            let outcome = try await Self.rotation(pool).run(Self.bytes)
            #expect(outcome.left == 0 && outcome.unreadable == 0)
            let alone = Sealer(secret: "new", purpose: "things")
            for position in 0..<40 {
                let stored = try #require(try await Self.value(position, pool))
                #expect(try alone.open(stored, label: "things/\(Self.owner)/\(position)") == [5])
            }
        }
    }
}
