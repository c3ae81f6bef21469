import JSONCoding
import PostgresTestSupport
import Primitives
import StackTestSupport
import Testing

/// Drills about buses other than PostgreSQL.
extension OperationsDrill {
    static func inspectBullMQ(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        let prefix = "t\(SecureRandom.hex(bytes: 6))"
        let bull = ("bull:", "\(prefix):")
        try await ProcessStack.run { stack in
            let settings = ["EVENT_CONNECTOR": "bullmq", "BULLMQ_PREFIX": prefix]
            let variables = settings.merging([
                "REDIS_HOST": stack.data.servers.redisHost, "REDIS_PORT": stack.data.servers.redisPort,
            ]) { $1 }
            let service = "--service message-bus"
            let management = try await stack.start(.tenantManagement, settings)
            // An orchestrator that cannot open secrets gives the event up.
            let wrong = try await stack.start(
                .orchestrator, settings.merging(["DATA_ENCRYPTION_KEY": "another key than that of the services"]) { $1 }
            )
            #expect(await stack.create(management.client).status == 201)
            let queue = try await shell.succeed(
                try section.take("q=bull:"), replacing: [bull], adding: "&& echo $q")
            let prelude = "q=\(queue)"
            let failed = try section.take("redis-cli ZREVRANGE $q:failed")
            let event = try await eventually("the event has failed") {
                let ids = try await shell.succeed(failed, after: prelude)
                return ids.isEmpty ? nil : ids
            }
            #expect(Identifier(event) != nil, "the job's id is the event's")
            #expect(
                try await shell.succeed(try section.take("redis-cli LLEN"), after: prelude).split(separator: "\n")
                    == ["0", "0", "0", "1"])
            #expect(
                try await shell.succeed(
                    try section.take("redis-cli HMGET"), replacing: [("0198c0de-…", event)], after: prelude
                ).contains("sealed under another DATA_ENCRYPTION_KEY"))
            #expect(
                try await shell.succeed(
                    try section.take("redis-cli ZRANGE"), replacing: [bull], after: prelude
                ).contains("orchestrator"))
            #expect(
                try await shell.succeed(try section.take("arc events dead"), adding: service, environment: variables)
                    .contains(event))
            try await wrong.stop()
            try await shell.succeed(
                try section.take("arc events retry"), adding: "\(event) \(service)", environment: variables)
            try await shell.succeed(
                try section.take("arc events retry --all"), adding: service, environment: variables)

            // The right one finds a paused queue.
            let paused = try section.take("redis-cli HEXISTS $q:meta paused")
            #expect(try await shell.succeed(paused, after: prelude) == "0")
            try await official(prefix, "pause", on: stack)
            _ = try await stack.start(.orchestrator, settings)
            #expect(try await shell.succeed(paused, after: prelude) == "1")
            #expect(
                try await shell.succeed(try section.take("redis-cli HLEN $q:arc:lanes"), after: prelude) == "1")
            try await official(prefix, "resume", on: stack)
            try await stack.waitUntilAllAreActive()

            // Tests share a Redis, which has the default.
            #expect(
                try await shell.succeed(try section.take("redis-cli CONFIG GET maxmemory-policy")).hasSuffix(
                    "noeviction"))
            let removal = try section.take("redis-cli --scan")
            let unlinked = try await shell.succeed(
                removal, replacing: [bull, ("GROUP", "orchestrator")], after: prelude)
            #expect(try #require(Int(unlinked)) > 0)
        }
    }

    /// Has the official Queue do something with the queue of the orchestrator.
    private static func official(_ prefix: String, _ operation: String, on stack: ProcessStack) async throws {
        _ = try await PythonPeer.run(
            "bullmq_queue.py",
            [stack.data.servers.redisPort, prefix, "default-queue-orchestrator", #"[["\#(operation)"]]"#])
    }

    static func inspectAWS(_ section: OperationsSection, _ shell: OperationsShell) async throws {
        let prefix = "t\(SecureRandom.hex(bytes: 6))"
        let settings = [
            "EVENT_CONNECTOR": "sqs", "SQS_QUEUE_PREFIX": prefix, "SQS_CREATE_QUEUES": "true", "SQS_WAIT_SECONDS": "1",
            "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret-of-AKIDTEST",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:\(try await AWSTestServer.port())",
        ]
        let command = settings.merging(["AWS_DEFAULT_REGION": "eu-west-1"]) { $1 }
        try await TestStack.run([.tenantManagement], environment: settings) { stack in
            _ = try await stack.createTenant()
            let attributes = try section.take("aws sqs get-queue-attributes")
            // Nobody takes the event from the queue of the orchestrator.
            let waiting = try await eventually("the event is in the queue") {
                let printed = try await shell.succeed(
                    attributes, replacing: [("arc-orchestrator", "\(prefix)-orchestrator")], environment: command)
                let counts = try JSONValue.parse(Array(printed.utf8))["Attributes"]
                let count = counts?["ApproximateNumberOfMessages"]?.stringValue.flatMap { Int($0) } ?? 0
                return count > 0 ? counts : nil
            }
            #expect(waiting["ApproximateNumberOfMessagesNotVisible"] == "0")
            let rules = try await shell.succeed(
                try section.take("aws events list-rules"), replacing: [("…", "default")], environment: command)
            #expect(try JSONValue.parse(Array(rules.utf8))["Rules"] != nil)
            let retried = try await shell.succeed(
                try section.take("arc events dead; arc events retry --all"),
                replacing: [("dead;", "dead --service message-bus;"), ("--all", "--all --service message-bus")],
                environment: command)
            #expect(retried == "no dead letters\n0 events will be retried")
            #expect(
                try await shell.succeed(
                    try section.take("arc events dead"), adding: "--service message-bus", environment: command)
                    == "no dead letters")
        }
    }
}
