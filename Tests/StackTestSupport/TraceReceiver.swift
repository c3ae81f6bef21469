import Foundation
import JSONCoding
import TestSupport

/// A real receiver of OTLP: rotel, from PyPI. It prints what it has received.
package final class TraceReceiver: Sendable {
    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    package let url: String
    private let log: URL

    private init(port: Int, log: URL) {
        url = "http://127.0.0.1:\(port)"
        self.log = log
    }

    /// Runs a receiver for the length of the body.
    package static func run(_ body: (TraceReceiver) async throws -> Void) async throws {
        let (port, other) = (try TestCommand.freePort(), try TestCommand.freePort())
        let log = TestCommand.temporaryFile("otlp.log")
        let file = TestCommand.temporaryFile("otlp.pid")
        let receiver = TraceReceiver(port: port, log: log)
        let process = try await ServerStart.run("rotel", log: log) {
            TestProcess(
                try PythonPeer.command("otlp_receiver.py", ["\(port)", "\(other)", file.path]), output: log)
        } isReady: {
            let answer = try? await TestHTTPClient(port: port).post("/v1/traces", ["resourceSpans": []])
            return answer?.status == 200
        }
        try await withCleanup {
            try await body(receiver)
        } cleanup: {
            process.kill()
            for file in [log, file] { try? FileManager.default.removeItem(at: file) }
        }
    }

    /// All that it has printed.
    package var text: String { String(decoding: (try? Data(contentsOf: log)) ?? Data(), as: UTF8.self) }

    /// The spans that have arrived.
    package var spans: [ReceivedSpan] { ReceivedSpan.all(in: text) }

    /// Waits for a span.
    package func span(_ what: String, where isIt: (ReceivedSpan) -> Bool) async throws -> ReceivedSpan {
        try await eventually("a span: \(what)") { spans.first(where: isIt) }
    }
}

/// A span as the receiver prints it.
package struct ReceivedSpan: Sendable, Hashable {
    /// The name of the service that has sent it.
    package var service = ""
    package var trace = ""
    package var id = ""
    /// Empty for the first span of a trace.
    package var parent = ""
    package var name = ""
    /// Such as `SERVER`.
    package var kind = ""
    /// Such as `ERROR`; a status that was not sent is not printed.
    package var status = "UNSET"
    /// The values as the receiver prints them, without their types.
    package var attributes: [String: String] = [:]
    /// The spans that it is linked to.
    package var links: [String] = []

    /// Reads what the receiver has printed.
    static func all(in text: String) -> [ReceivedSpan] {
        var spans: [ReceivedSpan] = []
        var resource: [String: String] = [:]
        var span: ReceivedSpan?
        var isLink = false
        for line in text.split(separator: "\n") {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("ResourceSpans #") {
                if let span { spans.append(span) }
                (span, resource, isLink) = (nil, [:], false)
            } else if line.hasPrefix("Span #") {
                if let span { spans.append(span) }
                span = ReceivedSpan()
                span?.service = resource["service.name"] ?? ""
                isLink = false
            } else if line.hasPrefix("SpanLink #") {
                isLink = true
            } else if line.hasPrefix("-> ") {
                guard let (key, value) = pair(line.dropFirst(3)) else { continue }
                if isLink {
                    if key == "ID" { span?.links.append(value) }
                } else if span == nil {
                    resource[key] = plain(value)
                } else {
                    span?.attributes[key] = plain(value)
                }
            } else if let (key, value) = pair(line[...]), !isLink {
                switch key {
                case "Trace ID": span?.trace = value
                case "Parent ID": span?.parent = value
                case "ID": span?.id = value
                case "Name": span?.name = value
                case "Kind": span?.kind = value.replacing("SPAN_KIND_", with: "")
                case "Status code": span?.status = value.replacing("STATUS_CODE_", with: "")
                default: break
                }
            }
        }
        if let span { spans.append(span) }
        return spans
    }

    private static func pair(_ text: Substring) -> (key: String, value: String)? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        return (
            text[..<colon].trimmingCharacters(in: .whitespaces),
            text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        )
    }

    /// `Str(a)` is a.
    private static func plain(_ value: String) -> String {
        guard let open = value.firstIndex(of: "("), value.hasSuffix(")") else { return value }
        return String(value[value.index(after: open)...].dropLast())
    }
}
