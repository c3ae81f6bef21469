import NIOCore

@testable import DNSClient
@testable import RedisClient

extension FuzzTarget {
    private static let replyLimits = RESPLimits(
        nestingDepth: 8, bulkLength: 4096, elements: 512, lineLength: 256, frameLength: 16_384)

    /// Replies are the same in whatever pieces they arrive, and the same when they are written and read again.
    static let redisReplies = FuzzTarget(
        "resp",
        tokens: [
            "*2\r\n", "%1\r\n", "~1\r\n", "|1\r\n", ">2\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", ",nan\r\n", "(123\r\n",
            "=7\r\ntxt:abc\r\n",
            "-ERR x\r\n", "!5\r\nERR x\r\n", "$-1\r\n", "*-1\r\n", "$3\r\nabc\r\n", "+OK\r\n", ":1\r\n",
            "*2147483647\r\n", "$99999999999\r\n",
        ]
    ) { bytes in
        let whole = frames([bytes])
        let pieces = frames(bytes.map { [$0] })
        try FuzzViolation.unless(whole == pieces, "in pieces it is \(pieces) instead of \(whole)")
        var decoder = RESPDecoder(limits: replyLimits)
        decoder.append(ByteBuffer(bytes: bytes))
        while let frame = try? decoder.next() {
            guard case .reply(let value) = frame else { continue }
            let text = FuzzRedisText.bytes(value)
            // Bytes that are not UTF-8 become longer.
            let again = frames([text], limits: RESPLimits())
            try FuzzViolation.unless(again == ["\(frame)"], "written and read again \(frame) is \(again)")
        }
        return "\(whole.count) \(whole.last?.prefix(24) ?? "")"
    }

    private static func frames(_ chunks: [[UInt8]], limits: RESPLimits = replyLimits) -> [String] {
        var decoder = RESPDecoder(limits: limits)
        var frames: [String] = []
        do {
            for chunk in chunks {
                decoder.append(ByteBuffer(bytes: chunk))
                while let frame = try decoder.next() { frames.append("\(frame)") }
            }
        } catch {
            frames.append("\(error)")
        }
        return frames
    }

    /// A URL names one place, or is refused.
    static let redisURL = FuzzTarget.text(
        "redis-url", tokens: ["redis://", "rediss://", "unix://", "@", "[::1]", "?db=", "#"]
    ) {
        text in
        guard let url = RedisURL(text) else { return "refused" }
        switch url.endpoint {
        case .host(let host, let port):
            try FuzzViolation.unless(!host.isEmpty && (1...65_535).contains(port), "no place")
        case .socket(let path): try FuzzViolation.unless(path.hasPrefix("/"), "no path")
        }
        try FuzzViolation.unless((url.database ?? 0) >= 0, "a negative database")
        return "\(url.usesTLS) \(url.hasPort) \(url.database != nil) \(url.username != nil) \(url.password != nil)"
    }

    private static let asked = DNSName("_arc-verification.acme.com")

    /// An answer has no more records than its bytes can hold, whatever its pointers say.
    static let dnsAnswer = FuzzTarget(
        "dns", tokens: ["\u{0}\u{10}\u{0}\u{1}", "\u{0}\u{5}\u{0}\u{1}", "\u{3}com\u{0}"]
    ) { bytes in
        guard let asked else { return "no name" }
        let answer: DNSAnswer?
        do {
            answer = try DNSQuery(asked, id: 0x1234).answer(in: bytes)
        } catch {
            return "\(error)"
        }
        guard case .records(let records) = answer else { return "\(answer.map { "\($0)" } ?? "other")" }
        try FuzzViolation.unless(records.count <= bytes.count / 11, "\(records.count) records in \(bytes.count) bytes")
        let texts = records.texts(of: asked)
        try FuzzViolation.unless(texts.reduce(0) { $0 + $1.count } <= bytes.count, "more text than bytes")
        return "records \(min(records.count, 4)) \(texts.count)"
    }
}

/// Values as a server writes them.
enum FuzzRedisText {
    static func bytes(_ value: RedisValue) -> [UInt8] {
        switch value {
        case .null: text("_\r\n")
        case .simple(let line): text("+\(line)\r\n")
        case .bytes(let bytes): text("$\(bytes.count)\r\n") + bytes + text("\r\n")
        case .integer(let integer): text(":\(integer)\r\n")
        case .double(let double): text(",\(double)\r\n")
        case .boolean(let boolean): text(boolean ? "#t\r\n" : "#f\r\n")
        case .bigNumber(let digits): text("(\(digits)\r\n")
        case .array(let elements): text("*\(elements.count)\r\n") + elements.flatMap(bytes)
        case .set(let elements): text("~\(elements.count)\r\n") + elements.flatMap(bytes)
        case .map(let entries): text("%\(entries.count)\r\n") + entries.flatMap { bytes($0.key) + bytes($0.value) }
        case .error(let error): text("-\(error.code) \(error.message)\r\n")
        }
    }

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }
}
