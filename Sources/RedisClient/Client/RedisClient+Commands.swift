import NIOCore
import Primitives

/// When SET writes.
package enum RedisSetCondition: Sendable, Hashable {
    /// Whatever is there.
    case always
    /// Only when the key does not exist (NX): a lock, an idempotency key.
    case ifAbsent
    /// Only when the key exists (XX).
    case ifPresent
}

/// The remaining life of a key.
package enum RedisTimeToLive: Sendable, Hashable {
    /// No such key.
    case missing
    /// The key does not expire.
    case unlimited
    /// The key expires after this time, known to the millisecond.
    case remaining(Duration)
}

extension RedisClient {
    /// Returns once the server has replied.
    package func ping() async throws(RedisError) {
        guard try await perform({ $0.writeFixed("*1\r\n$4\r\nPING\r\n") }) == .simple("PONG") else {
            throw .unexpectedReply
        }
    }

    /// The value of a key; nil when the key does not exist.
    package func get(_ key: String) async throws(RedisError) -> [UInt8]? {
        try await perform { buffer in
            buffer.writeFixed("*2\r\n$3\r\nGET\r\n")
            buffer.writeBulk(key)
        }.bytesOrNull()
    }

    /// The values of several keys in their order, nil for a key that does not exist.
    package func get(_ keys: [String]) async throws(RedisError) -> [[UInt8]?] {
        guard !keys.isEmpty else { return [] }
        let reply = try await perform { buffer in
            buffer.writeCommandHeader(keys.count + 1)
            buffer.writeBulk("MGET")
            for key in keys { buffer.writeBulk(key) }
        }
        guard case .array(let values) = reply, values.count == keys.count else { throw .unexpectedReply }
        var result: [[UInt8]?] = []
        result.reserveCapacity(values.count)
        for value in values { result.append(try value.bytesOrNull()) }
        return result
    }

    /// Sets a key. A life is rounded up to whole milliseconds; without one the key does not expire.
    ///
    /// - Returns: false when the condition did not hold; then nothing is changed.
    @discardableResult
    package func set(
        _ key: String, _ value: [UInt8], expire: Duration? = nil, condition: RedisSetCondition = .always
    ) async throws(RedisError) -> Bool {
        try await set(key, expire: expire, condition: condition) { $0.writeBulk(value) }
    }

    /// Sets a key to a text; as `set` with bytes.
    @discardableResult
    package func set(
        _ key: String, _ value: String, expire: Duration? = nil, condition: RedisSetCondition = .always
    ) async throws(RedisError) -> Bool {
        try await set(key, expire: expire, condition: condition) { $0.writeBulk(value) }
    }

    private func set(
        _ key: String, expire: Duration?, condition: RedisSetCondition, value: (inout ByteBuffer) -> Void
    ) async throws(RedisError) -> Bool {
        let milliseconds = try expire.map { duration throws(RedisError) in try duration.expiryMilliseconds() }
        let reply = try await perform { buffer in
            buffer.writeCommandHeader(3 + (milliseconds == nil ? 0 : 2) + (condition == .always ? 0 : 1))
            buffer.writeFixed("$3\r\nSET\r\n")
            buffer.writeBulk(key)
            value(&buffer)
            if let milliseconds {
                buffer.writeFixed("$2\r\nPX\r\n")
                buffer.writeBulk(milliseconds)
            }
            switch condition {
            case .always: break
            case .ifAbsent: buffer.writeFixed("$2\r\nNX\r\n")
            case .ifPresent: buffer.writeFixed("$2\r\nXX\r\n")
            }
        }
        switch reply {
        case .simple: return true
        case .null: return false
        default: throw .unexpectedReply
        }
    }

    /// Deletes keys. Returns how many existed.
    @discardableResult
    package func delete(_ keys: [String]) async throws(RedisError) -> Int {
        guard !keys.isEmpty else { return 0 }
        return try await perform { buffer in
            buffer.writeCommandHeader(keys.count + 1)
            buffer.writeFixed("$3\r\nDEL\r\n")
            for key in keys { buffer.writeBulk(key) }
        }.count()
    }

    /// Deletes a key. True when it existed.
    @discardableResult
    package func delete(_ key: String) async throws(RedisError) -> Bool {
        try await delete([key]) == 1
    }

    /// Reads and deletes a key in one step: of several callers one gets the value.
    package func getDelete(_ key: String) async throws(RedisError) -> [UInt8]? {
        try await perform { buffer in
            buffer.writeFixed("*2\r\n$6\r\nGETDEL\r\n")
            buffer.writeBulk(key)
        }.bytesOrNull()
    }

    /// Gives a key a life, rounded up to whole milliseconds. False when there is no such key.
    @discardableResult
    package func expire(_ key: String, after duration: Duration) async throws(RedisError) -> Bool {
        let milliseconds = try duration.expiryMilliseconds()
        return try await perform { buffer in
            buffer.writeFixed("*3\r\n$7\r\nPEXPIRE\r\n")
            buffer.writeBulk(key)
            buffer.writeBulk(milliseconds)
        }.count() == 1
    }

    /// The remaining life of a key.
    package func timeToLive(_ key: String) async throws(RedisError) -> RedisTimeToLive {
        let reply = try await perform { buffer in
            buffer.writeFixed("*2\r\n$4\r\nPTTL\r\n")
            buffer.writeBulk(key)
        }
        guard case .integer(let milliseconds) = reply else { throw .unexpectedReply }
        switch milliseconds {
        case -2: return .missing
        case -1: return .unlimited
        default: return .remaining(.milliseconds(milliseconds))
        }
    }

    /// Runs a script by its digest, and by its source when the server does not know it (yet, or any more).
    package func evaluate(
        _ script: RedisScript, keys: [String] = [], arguments: [RedisArgument] = []
    ) async throws(RedisError) -> RedisValue {
        func write(_ name: String, _ body: String, _ buffer: inout ByteBuffer) {
            buffer.writeCommandHeader(3 + keys.count + arguments.count)
            buffer.writeBulk(name)
            buffer.writeBulk(body)
            buffer.writeBulk(Int64(keys.count))
            for key in keys { buffer.writeBulk(key) }
            for argument in arguments { argument.write(to: &buffer) }
        }
        do throws(RedisError) {
            return try await perform { write("EVALSHA", script.digest, &$0) }
        } catch  where error.serverCode == .noScript {
            return try await perform { write("EVAL", script.source, &$0) }
        }
    }
}

extension ByteBuffer {
    /// A piece of a command that never changes.
    fileprivate mutating func writeFixed(_ text: StaticString) {
        writeStaticString(text)
    }
}

extension RedisValue {
    fileprivate func bytesOrNull() throws(RedisError) -> [UInt8]? {
        switch self {
        case .bytes(let bytes): return bytes
        case .null: return nil
        default: throw .unexpectedReply
        }
    }

    fileprivate func count() throws(RedisError) -> Int {
        guard case .integer(let count) = self else { throw .unexpectedReply }
        return Int(clamping: count)
    }
}

extension Duration {
    fileprivate func expiryMilliseconds() throws(RedisError) -> Int64 {
        guard self > .zero, self < .seconds(1 << 40) else { throw .invalidCommand(.expiryNotPositive) }
        return millisecondsRoundedUp
    }
}
