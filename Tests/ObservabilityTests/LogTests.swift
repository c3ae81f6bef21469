import Foundation
import JSONCoding
import Logging
import Primitives
import Testing

@testable import Observability

@Suite
struct LogTests {
    /// What was written to a pipe by the body.
    private func written(_ body: (LineOutput) -> Void) throws -> [JSONValue] {
        let pipe = Pipe()
        let output = LineOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        body(output)
        output.flush()
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        return try text.split(separator: "\n").map { try JSONValue.parse(String($0)) }
    }

    @Test func `each line is one object with the metadata`() throws {
        let lines = try written { output in
            var logger = Logger(label: "test") {
                JSONLogHandler(label: $0, level: .info, output: output, clock: ManualClock(Timestamp(seconds: 0)))
            }
            logger[metadataKey: "tenantId"] = "t1"
            logger.info("hello\n\"world\"", metadata: ["list": ["a", "b"], "more": ["k": "v"]])
            logger.debug("not shown")
        }
        #expect(lines.count == 1)
        #expect(lines.first?["time"] == "1970-01-01T00:00:00.000Z")
        #expect(lines.first?["message"] == "hello\n\"world\"")
        #expect(lines.first?["tenantId"] == "t1")
        #expect(lines.first?["list"] == ["a", "b"])
        #expect(lines.first?["more"] == ["k": "v"])
    }

    @Test func `the access log shows a request without its query`() throws {
        let lines = try written { output in
            AccessLog(output: output).write(
                AccessLog.Entry(
                    method: "GET", path: "/tenants/1", route: "/tenants/{id}", status: 200, durationMicroseconds: 42,
                    requestID: "r", remoteAddress: "127.0.0.1", userID: "u", tenantID: nil))
        }
        #expect(lines.first?["route"] == "/tenants/{id}")
        #expect(lines.first?["status"] == 200)
        #expect(lines.first?["durationMicroseconds"] == 42)
        #expect(lines.first?["tenantId"] == nil)
    }

    @Test func `a reader that does not read costs lines, not time`() throws {
        let pipe = Pipe()
        // Never closed: the writing thread may still be at it, and the number must not become another test's file.
        _ = Unmanaged.passRetained(pipe)
        let output = LineOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor, capacity: 4096)
        for _ in 0..<10_000 { output.write(line: Array(repeating: UInt8(ascii: "x"), count: 100)) }
        // Nothing has blocked so far; once somebody reads, the loss is reported.
        let reader = pipe.fileHandleForReading
        var text = ""
        while !text.contains("droppedLogLines") {
            output.write(line: Array("tick".utf8))
            text += String(decoding: reader.availableData, as: UTF8.self)
        }
        #expect(text.contains("droppedLogLines"))
    }

    @Test func `control and direction characters are escaped, and the text stays the same`() throws {
        let texts = [
            "\u{202E}evil\u{2066}", "a\u{85}b\u{7F}c\u{1B}[31m", "line\u{2028}break\r\n", "\u{200F}\"quoted\"\\",
            "Zoë שלום 山",
        ]
        for text in texts {
            var writer = JSONWriter()
            LogText.write(text, to: &writer)
            let written = String(decoding: writer.bytes, as: UTF8.self)
            #expect(!written.unicodeScalars.contains { $0.isControlOrDirection }, "\(written.debugDescription)")
            #expect(try JSONValue.parse(written) == .string(text))
        }
    }
}
