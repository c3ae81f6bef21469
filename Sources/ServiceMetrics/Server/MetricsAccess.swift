import Crypto

/// Who may read the management port: whoever reaches it, unless there is a token. Its description reveals nothing.
struct MetricsAccess: Sendable, CustomStringConvertible, CustomReflectable {
    private let token: SHA256.Digest?

    init(token: String?) { self.token = token.map { SHA256.hash(data: Array($0.utf8)) } }

    var needsToken: Bool { token != nil }

    /// The time does not depend on how much of a token is right: digests are compared, all of their bytes.
    func accepts(authorization: [String]) -> Bool {
        guard let token else { return true }
        guard authorization.count == 1, let header = authorization.first else { return false }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        return SHA256.hash(data: Array(parts[1].utf8)) == token
    }

    var description: String { "MetricsAccess" }

    var customMirror: Mirror { Mirror(self, children: []) }
}
