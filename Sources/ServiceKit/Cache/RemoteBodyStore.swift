import NIOCore
import Primitives
import RedisClient

/// Bodies in Redis: the value of `<prefix><id>` is `<version>:<body>`. An empty body stands for a deleted row; `?` for
/// a row whose contents at that version nobody has stored yet, so that no older body can be put in its place.
struct RemoteBodyStore: Sendable {
    let redis: RedisClient
    let prefix: String
    let timeToLive: Duration

    func key(_ id: Identifier) -> String { prefix + id.description }

    func identifier(ofKey key: String) -> Identifier? {
        key.hasPrefix(prefix) ? Identifier(key.dropFirst(prefix.count)) : nil
    }

    /// The body; nil when it is not there or Redis does not answer.
    func get(_ id: Identifier) async -> EntityCache.Body? {
        guard let value = try? await redis.get(key(id)) else { return nil }
        guard let colon = value.firstIndex(of: UInt8(ascii: ":")),
            let version = Int64(String(decoding: value[..<colon], as: UTF8.self))
        else { return nil }
        let bytes = value[(colon + 1)...]
        if bytes.first == UInt8(ascii: "?") { return nil }
        return EntityCache.Body(version: version, bytes: bytes.isEmpty ? nil : ByteBuffer(bytes: bytes))
    }

    /// Stores the body unless a newer version is there.
    /// - Returns: Whether Redis answered.
    @discardableResult
    func put(_ id: Identifier, _ body: EntityCache.Body) async -> Bool {
        var value = Array("\(body.version):".utf8)
        if let bytes = body.bytes { value.append(contentsOf: bytes.readableBytesView) }
        let reply = try? await redis.evaluate(
            Self.putScript, keys: [key(id)],
            arguments: [
                RedisArgument(String(body.version)), RedisArgument(value),
                RedisArgument(String(timeToLive.components.seconds)),
            ])
        return reply != nil
    }

    /// Makes bodies older than a version unusable, now and when a slow reader brings one later.
    /// - Returns: Whether Redis answered.
    func invalidate(_ id: Identifier, version: Int64) async -> Bool {
        await put(id, EntityCache.Body(version: version, bytes: ByteBuffer(string: "?")))
    }

    /// Removes every body of the prefix, a thousand keys at a time.
    /// - Returns: Whether Redis answered throughout.
    func purge() async -> Bool {
        var cursor = "0"
        repeat {
            guard
                let reply = try? await redis.send([
                    RedisArgument("SCAN"), RedisArgument(cursor), RedisArgument("MATCH"), RedisArgument(prefix + "*"),
                    RedisArgument("COUNT"), RedisArgument("1000"),
                ]).array, reply.count == 2, let next = reply[0].text, let keys = reply[1].array
            else { return false }
            let names = keys.compactMap(\.text)
            if !names.isEmpty {
                guard (try? await redis.delete(names)) != nil else { return false }
            }
            cursor = next
        } while cursor != "0"
        return true
    }

    private static let putScript = RedisScript(
        """
        local present = redis.call('GETRANGE', KEYS[1], 0, 20)
        local version = tonumber(string.match(present, '^(%d+):') or '-1')
        if version > tonumber(ARGV[1]) then return 0 end
        redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
        return 1
        """)
}
