/// In which order sentinels are asked: the last one that has helped comes first, and goes to the end when its answer was of no
/// use, so that one with old knowledge does not keep the others from being asked.
struct SentinelOrder: Sendable {
    private(set) var indices: [Int]

    init(count: Int) { indices = Array(0..<count) }

    /// This one knew a master.
    mutating func prefer(_ index: Int) {
        guard let place = indices.firstIndex(of: index) else { return }
        indices.remove(at: place)
        indices.insert(index, at: 0)
    }

    /// What the first one said did not lead to a master.
    mutating func distrustFirst() {
        guard indices.count > 1 else { return }
        indices.append(indices.removeFirst())
    }
}

/// What sentinels say about a master.
enum SentinelAnswer {
    /// The reply to `SENTINEL GET-MASTER-ADDR-BY-NAME`: host and port, or nothing for a name that is not watched.
    static func endpoint(_ reply: RedisValue) -> RedisConfiguration.Endpoint? {
        guard let parts = reply.array, parts.count == 2, let host = parts[0].text else { return nil }
        return endpoint(host: host, port: parts[1].text)
    }

    /// A message of the channel `+switch-master`: `name old-host old-port new-host new-port`; nil if it is about another master.
    static func switchedMaster(_ message: [RedisValue], name: String) -> RedisConfiguration.Endpoint? {
        guard message.count == 3, message[0].text == "message", message[1].text == channel,
            let words = message[2].text?.split(separator: " "), words.count == 5, words[0] == name
        else { return nil }
        return endpoint(host: String(words[3]), port: String(words[4]))
    }

    static let channel = "+switch-master"

    private static func endpoint(host: String, port: String?) -> RedisConfiguration.Endpoint? {
        guard !host.isEmpty, let number = port.flatMap({ Int($0) }), (1...65_535).contains(number) else { return nil }
        return .host(host, port: number)
    }
}
