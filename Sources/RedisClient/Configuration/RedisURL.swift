import Primitives

/// The parts that a Redis URL names:
/// `redis[s]://[user[:password]@]host[:port][/database]` (the registered scheme, IANA `redis`/`rediss`), or
/// `unix:///path[?db=database]` for a local socket.
struct RedisURL: Equatable {
    var endpoint: RedisConfiguration.Endpoint
    var username: String?
    var password: RedisSecret?
    var database: Int?
    var usesTLS: Bool
    /// True when the URL names a port, so that it must not be taken from elsewhere.
    var hasPort: Bool

    /// Nil if the text is not such a URL.
    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://") else { return nil }
        let rest = text[separator.upperBound...]
        switch text[..<separator.lowerBound].lowercased() {
        case "redis": self.init(authority: rest, usesTLS: false)
        case "rediss": self.init(authority: rest, usesTLS: true)
        case "unix", "redis+unix", "redis+socket": self.init(socket: rest)
        default: return nil
        }
    }

    private init?(authority rest: Substring, usesTLS: Bool) {
        let withoutFragment = rest.prefix { $0 != "#" }
        let main = withoutFragment.prefix { $0 != "?" }
        let path = main.firstIndex(of: "/").map { main[$0...].dropFirst() } ?? ""
        let authority = main.prefix { $0 != "/" }
        if let at = authority.lastIndex(of: "@") {
            let user = authority[..<at]
            let name = user.prefix { $0 != ":" }
            guard let decodedName = Self.decode(name) else { return nil }
            username = decodedName.isEmpty ? nil : decodedName
            if let colon = user.firstIndex(of: ":") {
                guard let decoded = Self.decode(user[colon...].dropFirst()) else { return nil }
                password = decoded.isEmpty ? nil : RedisSecret(decoded)
            }
        }
        let place = authority.lastIndex(of: "@").map { authority[$0...].dropFirst() } ?? authority
        guard let (host, port) = Self.hostAndPort(place) else { return nil }
        endpoint = .host(host, port: port ?? 6379)
        hasPort = port != nil
        self.usesTLS = usesTLS
        guard let database = Self.database(path: path, query: withoutFragment.dropFirst(main.count)) else { return nil }
        self.database = database
    }

    private init?(socket rest: Substring) {
        let path = rest.prefix { $0 != "?" && $0 != "#" }
        guard path.hasPrefix("/"), let decoded = Self.decode(path) else { return nil }
        endpoint = .socket(path: decoded)
        hasPort = true
        usesTLS = false
        let query = rest.dropFirst(path.count).prefix { $0 != "#" }
        guard let database = Self.database(path: "", query: query) else { return nil }
        self.database = database
    }

    private static func hostAndPort(_ text: Substring) -> (String, Int?)? {
        var host = text
        var port: Substring?
        if text.first == "[" {  // an IPv6 address
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let behind = text[text.index(after: end)...]
            guard behind.isEmpty || behind.first == ":" else { return nil }
            port = behind.isEmpty ? nil : behind.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[colon...].dropFirst()
        }
        guard !host.isEmpty, let decoded = decode(host) else { return nil }
        guard let port, !port.isEmpty else { return (decoded, nil) }
        guard let number = Int(port), (1...65_535).contains(number) else { return nil }
        return (decoded, number)
    }

    /// The outer optional is nil for nonsense, the inner one when no database is named.
    private static func database(path: Substring, query: Substring) -> Int?? {
        var text = path
        for parameter in query.dropFirst().split(separator: "&") where parameter.hasPrefix("db=") {
            text = parameter.dropFirst(3)
        }
        if text.isEmpty { return .some(nil) }
        guard let number = Int(text), number >= 0 else { return nil }
        return number
    }

    private static func decode(_ text: Substring) -> String? { PercentEncoding.decode(text) }
}
