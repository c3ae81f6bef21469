import NIOCore
import Primitives
import Synchronization
import Testing
import TraceRecording

@testable import RedisClient

/// Spans of commands, against the Redis that the test script provides.
@Suite(.timeLimit(.minutes(20))) struct RedisSpanTests {
    private final class Spans: SpanSink {
        private let collected = Mutex<[SpanRecord]>([])
        var all: [SpanRecord] { collected.withLock { $0 } }
        func record(_ spans: [SpanRecord]) { collected.withLock { $0 += spans } }
    }

    @Test func `a command has a span with its name, and neither keys nor values`() async throws {
        let sink = Spans()
        let recorder = SpanRecorder(sink: sink)
        let key = "secret-key-\(UInt64.random(in: 0 ... .max))"
        try await withClient(SharedRedis.configuration(database: 7)) { client in
            let outer = recorder.start("request", kind: .server)
            try await CurrentSpan.run(outer) {
                try await client.set(key, "secret-value")
                _ = try await client.get(key)
                _ = try? await client.send(["hget", .text(key), "a"])
                _ = try await client.pipeline([["INCR", .text(key + "n")], ["DEL", .text(key), .text(key + "n")]])
            }
            outer.finish()
            // Outside of a span there is none.
            _ = try await client.get(key)
        }
        let spans = sink.all
        try #require(spans.map(\.name) == ["SET", "GET", "HGET", "PIPELINE", "request"])
        for span in spans.dropLast() {
            #expect(span.kind == .client && span.parentID == spans.last?.context.spanID)
            let attributes = Dictionary(span.attributes.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
            #expect(attributes["db.system.name"] == .string("redis") && attributes["db.namespace"] == .string("7"))
            #expect(attributes["db.operation.name"] == .string(span.name) && attributes["server.port"] != nil)
            #expect(!"\(span.attributes)".contains("secret"))
        }
        #expect(spans[2].attributes.contains { $0.key == "error.type" }, "the key holds another type")
        #expect(spans[3].attributes.contains { $0.key == "db.operation.batch.size" && $0.value == .integer(2) })
    }

    @Test func `what cannot be the name of a command is not shown`() {
        #expect(RedisSpan.name("get") == "GET" && RedisSpan.name("EVALSHA") == "EVALSHA")
        for text in ["", "ann@example.com", "42", "get x", String(repeating: "a", count: 21)] {
            #expect(RedisSpan.name(text) == "COMMAND")
        }
        #expect(RedisSpan.name(of: ByteBuffer(string: "*1\r\n$4\r\nPING\r\n")) == "PING")
        for text in ["", "*1", "*1\r\n$4\r\n", "PING\r\n"] {
            #expect(RedisSpan.name(of: ByteBuffer(string: text)) == "COMMAND")
        }
    }
}
