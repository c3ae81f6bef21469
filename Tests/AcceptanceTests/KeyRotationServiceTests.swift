import Foundation
import JSONCoding
import PostgresClient
import PostgresTestSupport
import Primitives
import Sealing
import StackTestSupport
import TestSupport
import Testing

/// Services while their encryption key is replaced, and `arc keys rotate`.
@Suite(.timeLimit(.minutes(20))) struct KeyRotationServiceTests {
    private static let next = "kq3PpT0m1hCwX5v8pYt2Zr6uJ9sLbE4nGdAaQfHi7KoMxRyW"

    /// The settings of a node that has been restarted with the next key.
    private static let rotated = ["DATA_ENCRYPTION_KEY": next, "DATA_DECRYPTION_KEYS": "\(TestTokens.secret)\n"]

    private static func settings(of database: TestDatabase, _ more: [String: String] = rotated) -> [String: String] {
        [
            "DB_HOST": database.server.host, "DB_PORT": database.server.port, "DB_DATABASE": database.name,
            "DB_USER": database.server.user, "DB_SSLMODE": "disable",
        ].merging(more) { $1 }
    }

    private static func rotate(
        _ database: TestDatabase, _ arguments: [String] = [], service: String = "tenant-management",
        with settings: [String: String] = rotated
    ) async throws -> TestCommand.Outcome {
        try await ArcCommand.run(
            ["keys", "rotate", "--service", service] + arguments, environment: Self.settings(of: database, settings))
    }

    @Test func `callbacks and repeated requests from before a rotation are accepted after it`() async throws {
        try await TestStack.run([.tenantManagement]) { stack in
            let webhook = try await TestWebhook.begin(stack)
            let body = JSONValue.object(TestStack.tenantBody())
            let headers = ["idempotency-key": Identifier.v4().description]
            let first = try await stack.tenantManagement.send(
                "POST", "/tenants", body, token: stack.admin, headers: headers
            ).expect(201)

            let node = try await stack.startNode(.tenantManagement, environment: Self.rotated)
            let again = try await node.client.send("POST", "/tenants", body, token: stack.admin, headers: headers)
            #expect(again.status == 201 && again.bytes == first.bytes)
            #expect(again.headers["idempotency-replayed"] == "true")
            let reused = try await node.client.send(
                "POST", "/tenants", .object(TestStack.tenantBody()), token: stack.admin, headers: headers)
            #expect(reused.status == 422)

            let callback = webhook.body().serialized()
            let timestamp = TestWebhook.now()
            let accepted = try await node.client.send(
                "POST", "/webhook", bytes: callback,
                headers: ["x-timestamp": timestamp, "x-signature": webhook.signature(callback, timestamp: timestamp)])
            #expect(accepted.status == 204)

            // Nothing of it is left under the old key, and the mail that the callback has queued was sent.
            let database = try stack.database(.tenantManagement)
            let outcome = try await Self.rotate(database)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let alone = try await Self.rotate(database, ["--dry-run"], with: ["DATA_ENCRYPTION_KEY": Self.next])
            #expect(alone.status == 0, "\(alone.output)\(alone.errors)")
            let events = try await database.texts(
                "SELECT data ->> 'secret' FROM main.outbox WHERE data ->> 'secret' <> ''")
            #expect(events.count == 2)
            for sealed in events {
                #expect(throws: SealingError.self) { try EventSecretSealer(secret: TestTokens.secret).open(sealed) }
            }
        }
    }

    @Test func `values of webhooks are bound to their rows when the key has a name`() async throws {
        let settings = ["WEBHOOK_ALLOW_HTTP": "true", "WEBHOOK_ALLOW_PRIVATE_ADDRESSES": "true"]
        try await TestStack.run([.tenantManagement], environment: settings) { stack in
            let node = try await stack.startNode(.tenantManagement, environment: Self.rotated)
            let endpoint: JSONValue = ["url": "http://127.0.0.1:9/hook"]
            let id = try await node.client.post("/webhook-endpoints", endpoint, token: stack.admin).expect(201).string(
                "id")
            let path = "/webhook-endpoints/\(id)/secret"
            let secret = try await node.client.get(path, token: stack.admin).expect(200).text
            #expect(secret.contains("whsec_"))
            let database = try stack.database(.tenantManagement)
            _ = try await database.query("UPDATE main.webhook_secrets SET id = gen_random_uuid()")
            let moved = try await node.client.get(path, token: stack.admin)
            #expect(moved.status >= 400 && !moved.text.contains("whsec_"))
        }
    }

    /// Seals mails under the old key.
    private static func queueMails(_ count: Int, _ database: TestDatabase) async throws -> [(
        id: Identifier, text: [UInt8]
    )] {
        let sealer = Sealer(secret: TestTokens.secret, purpose: "notifications")
        let mails = (0..<count).map { (id: Identifier.v4(), text: Array("mail \($0)".utf8)) }
        try await database.withPool { pool in
            for mail in mails {
                _ = try await pool.query(
                    """
                    INSERT INTO main.notifications (id, type, content, next_attempt_on, created_on)
                    VALUES ($1, 'test', $2, 'infinity', now())
                    """, [.identifier(mail.id), .bytes(try sealer.seal(mail.text, label: mail.id.description))])
            }
        }
        return mails
    }

    @Test func `a rotation that is killed goes on where it was, and tells its progress`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            let mails = try await Self.queueMails(60, database)
            let log = TestCommand.temporaryFile("rotation")
            defer { try? FileManager.default.removeItem(at: log) }
            let environment = Self.settings(of: database)
                .merging(["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]) { $1 }
            let process = TestProcess(
                [
                    try ArcCommand.executable(), "keys", "rotate", "--service", "tenant-management", "--batch-size",
                    "1",
                    // A minute for all of them, so that the command is killed before its end.
                    "--pause-milliseconds", "1000",
                ], environment: environment, output: log)
            try process.start()
            let sealed = "SELECT count(*) FROM main.notifications WHERE substring(content FROM 1 FOR 4) = '\\xa7524302'"
            try await eventually("some mails are sealed again") { try await database.count(sealed) >= 3 }
            try await eventually("the command has told its progress") {
                try String(contentsOf: log, encoding: .utf8).contains("rows read")
            }
            process.kill()
            try await eventually("the command has ended") { !process.isRunning }
            let done = try await database.count(sealed)
            #expect(done < mails.count)

            let counted = try await Self.rotate(database, ["--dry-run", "--json"])
            #expect(counted.status == 2)
            let report = try JSONValue.parse(Array(counted.output.utf8))
            #expect(report["dryRun"] == true && report["complete"] == false)
            let columns = report["databases"]?[0]?["columns"]?.arrayValue ?? []
            let column = columns.first { $0["column"]?.stringValue == "main.notifications.content" }
            #expect(column?["left"]?.intValue == mails.count - done && column?["resealed"] == 0)
            #expect(try await database.count(sealed) == done, "a dry run changes nothing")

            let finished = try await Self.rotate(database)
            #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
            #expect(
                finished.output.contains("main.notifications.content: 60 rows, \(mails.count - done) encrypted again"))
            let alone = Sealer(secret: Self.next, purpose: "notifications")
            for mail in mails {
                let content = try await database.query(
                    "SELECT content FROM main.notifications WHERE id = $1", [.identifier(mail.id)]
                ).first?.bytes(0)
                #expect(try alone.open(content ?? [], label: mail.id.description) == mail.text)
            }
        }
    }

    @Test func `values that no key opens are reported, and the rest is sealed`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            _ = try await Self.queueMails(3, database)
            let unknown = try await Self.rotate(database, with: ["DATA_ENCRYPTION_KEY": Self.next])
            #expect(unknown.status == 3 && unknown.errors.contains("DATA_DECRYPTION_KEYS"))
            #expect(unknown.output.contains("3 that no key opens"))
            #expect(try await Self.rotate(database).status == 0)
        }
    }

    @Test func `outside development nothing is encrypted or signed under a key that can be guessed`() async throws {
        try await TestDatabase.with(.tenantManagement) { database in
            let mails = try await Self.queueMails(2, database)
            let sealed = "SELECT count(*) FROM main.notifications WHERE substring(content FROM 1 FOR 4) = '\\xa7524302'"
            let weak = ["DATA_ENCRYPTION_KEY": "hunter2-hunter2", "DATA_DECRYPTION_KEYS": TestTokens.secret]
            let missing = ["DATA_ENCRYPTION_KEY": "", "JWT_SECRET": TestTokens.secret]
            for (settings, reason) in [(weak, "has 15 bytes"), (missing, "is not set")] {
                for command in [["keys", "rotate"], ["keys", "rotate", "--dry-run"], ["audit", "reseal"]] {
                    let refused = try await ArcCommand.run(
                        command + ["--service", "tenant-management"], environment: Self.settings(of: database, settings)
                    )
                    #expect(refused.status == 1, "\(command): \(refused.output)\(refused.errors)")
                    #expect(refused.errors.contains("\n  DATA_ENCRYPTION_KEY \(reason)"), "\(refused.errors)")
                    #expect(!refused.errors.contains("hunter2") && refused.output.isEmpty)
                }
            }
            #expect(try await database.count(sealed) == 0)

            let allowed = try await Self.rotate(database, with: weak.merging(["ARC_ENV": "development"]) { $1 })
            #expect(allowed.status == 0, "\(allowed.output)\(allowed.errors)")
            #expect(try await database.count(sealed) == mails.count)
        }
    }

    @Test func `the command says what is missing`() async throws {
        try await TestDatabase.with(.subscription) { database in
            let withoutKey = try await Self.rotate(database, service: "subscription", with: [:])
            #expect(withoutKey.status == 1 && withoutKey.errors.contains("DATA_ENCRYPTION_KEY"))
            let wrong = try await Self.rotate(database, ["--batch-size", "0"])
            #expect(wrong.status == 64)
            let tooMany = try await Self.rotate(
                database, service: "subscription",
                with: [
                    "DATA_ENCRYPTION_KEY": "one",
                    "DATA_DECRYPTION_KEYS": (0..<9).map { "\($0)" }.joined(separator: ","),
                ])
            #expect(tooMany.status == 1 && tooMany.errors.contains("DATA_DECRYPTION_KEYS has 9 keys"))
            let migrations = try await Self.rotate(database, service: "orchestrator")
            #expect(migrations.status == 1 && migrations.errors.contains("arc migrate up"), "\(migrations.errors)")
        }
    }

    @Test(arguments: ["subscription", "orchestrator", "message-bus"])
    func `every database has its columns`(service: String) async throws {
        let template: DatabaseTemplate =
            switch service {
            case "subscription": .subscription
            case "orchestrator": .orchestrator
            default: .messageBus
            }
        try await TestDatabase.with(template) { database in
            let outcome = try await Self.rotate(database, service: service)
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.split(separator: "\n").count > 1)
        }
    }
}
