import NIOCore
import TraceRecording

/// The span of a request to Redis, by the stable semantic conventions for databases. It has neither keys nor values.
struct RedisSpan {
    private let span: TraceSpan

    /// Whether the current task wants spans: only then are commands looked at.
    static var isWanted: Bool { CurrentSpan.span?.isRecording == true }

    /// Nil if it is not wanted any more.
    init?(_ operation: String, batch: Int = 1, on attributes: [Attribute]) {
        var attributes = attributes
        attributes.append(Attribute("db.operation.name", .string(operation)))
        if batch > 1 { attributes.append(Attribute("db.operation.batch.size", .integer(Int64(batch)))) }
        guard let span = CurrentSpan.child(operation, kind: .client, attributes: attributes) else { return nil }
        self.span = span
    }

    /// What is the same for all commands of a client.
    static func attributes(_ configuration: RedisConfiguration) -> [Attribute] {
        var attributes = [
            Attribute("db.system.name", .string("redis")),
            Attribute("db.namespace", .string("\(configuration.database)")),
        ]
        // Which server it is changes with sentinels.
        if configuration.sentinels != nil { return attributes }
        switch configuration.endpoint {
        case .host(let host, let port):
            attributes.append(Attribute("server.address", .string(host)))
            attributes.append(Attribute("server.port", .integer(Int64(port))))
        case .socket(let path): attributes.append(Attribute("server.address", .string(path)))
        }
        return attributes
    }

    /// The name of a command that was written: `*<arguments>`, `$<length>`, the name, each with an end of line.
    static func name(of command: ByteBuffer) -> String {
        let lines = command.readableBytesView.prefix(64).split(separator: UInt8(ascii: "\n"), maxSplits: 3)
        guard lines.count >= 3 else { return "COMMAND" }
        return name(String(decoding: lines[2].dropLast(), as: UTF8.self))
    }

    /// The name of a command in capitals. What cannot be one is not shown: it may be data.
    static func name(_ text: String) -> String {
        let isName =
            (1...20).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
            }
        return isName ? text.uppercased() : "COMMAND"
    }

    func ended(_ outcome: RedisOutcome) {
        if case .failure(let error) = outcome {
            if case .server(let error) = error { span.set("db.response.status_code", .string("\(error.code)")) }
            span.fail(error.spanType)
        }
        span.finish()
    }
}

extension RedisError {
    /// The kind in a word.
    fileprivate var spanType: String {
        switch self {
        case .notConnected, .connectionLost: "connection"
        case .timeout: "timeout"
        case .overloaded: "overloaded"
        case .cancelled: "canceled"
        case .closed: "closed"
        case .server(let error): "\(error.code)"
        case .unexpectedReply: "unexpected_reply"
        case .invalidCommand: "invalid_command"
        }
    }
}
