import NIOCore
import Primitives
import RedisClient

/// Bodies in Redis: the value of `<prefix><id>` is `<version>:<body>`. An empty body stands for a deleted row; `?` for
/// a row whose contents at that version nobody has stored yet, so that no older body can be put in its place.
struct RedisBodyStore: SharedBodyStore {
    let redis: RedisClient
    let prefix: String
    let timeToLive: Duration

    var isConnected: Bool { redis.isConnected }

    func invalidations() -> AsyncStream<RedisInvalidation> { redis.invalidations(prefixes: [prefix]) }

    func serverIdentity() async -> String? {
        guard let reply = try? await redis.send([RedisArgument("INFO"), RedisArgument("server")]).text else {
            return nil
        }
        return reply.split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }.map(String.init)
    }

    func get(_ id: Identifier) async -> EntityCache.Body? {
        guard let value = try? await redis.get(key(id)) else { return nil }
        guard let colon = value.firstIndex(of: UInt8(ascii: ":")),
            let version = Int64(String(decoding: value[..<colon], as: UTF8.self))
        else { return nil }
        let bytes = value[(colon + 1)...]
        if bytes.first == UInt8(ascii: "?") { return nil }
        return EntityCache.Body(version: version, bytes: bytes.isEmpty ? nil : ByteBuffer(bytes: bytes))
    }

    func put(_ entries: [SharedEntry]) async -> Bool {
        guard !entries.isEmpty else { return true }
        return (try? await write(entries.map { (key($0.id), $0.version, $0.content) })) != nil
    }

    func health() async -> HealthState {
        do {
            // The same script, with a key that no row has: whatever makes Redis refuse bodies makes it refuse this.
            try await write([(prefix + "health", 0, .deleted)])
            return .up
        } catch {
            guard case .server = error else { return .down }
            return .impaired("read-only")
        }
    }

    private func write(
        _ entries: [(key: String, version: Int64?, content: SharedEntry.Content)]
    ) async throws(RedisError) {
        var arguments = [RedisArgument(String(timeToLive.components.seconds))]
        arguments.reserveCapacity(1 + 2 * entries.count)
        for entry in entries {
            arguments.append(RedisArgument(entry.version.map(String.init) ?? "+"))
            switch entry.content {
            case .body(let bytes): arguments.append(RedisArgument(Array(bytes.readableBytesView)))
            case .deleted: arguments.append("")
            case .unread: arguments.append("?")
            }
        }
        _ = try await redis.evaluate(Self.putScript, keys: entries.map(\.key), arguments: arguments)
    }

    /// Removes every body of the prefix, a thousand keys at a time.
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
        // A purge that finds no keys succeeds although Redis refuses writes.
        return await health() == .up
    }

    /// One key per row. Arguments: the time to live, then a version and a body for each row. A body replaces a body of the
    /// same version; `?` does not. The version `+` means one more than the stored version.
    private static let putScript = RedisScript(
        """
        for i, key in ipairs(KEYS) do
            local present = redis.call('GETRANGE', key, 0, 20)
            local old = tonumber(string.match(present, '^(%d+):') or '-1')
            local version, body = ARGV[2 * i], ARGV[2 * i + 1]
            if version == '+' then
                version = old >= 0 and string.format('%d', old + 1) or '-1'
            end
            local new = tonumber(version)
            if new > old or (new == old and body ~= '?') then
                redis.call('SET', key, version .. ':' .. body, 'EX', ARGV[1])
            end
        end
        return 1
        """)
}
