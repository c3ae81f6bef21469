/// An error reply: the server understood the protocol and refused the command. The connection stays usable.
package struct RedisServerError: Error, Sendable, Hashable {
    /// The first word of an error line, which Redis keeps stable.
    package enum Code: Sendable, Hashable {
        /// `LOADING`: the data set is being read from disk; try later.
        case loading
        /// `READONLY`: a write on a replica, after a failover for example.
        case readOnly
        /// `MOVED`: a cluster, and the key lives elsewhere.
        case moved
        /// `ASK`: a cluster, and the key is on its way elsewhere.
        case ask
        /// `CLUSTERDOWN`
        case clusterDown
        /// `TRYAGAIN`: a cluster, during a migration.
        case tryAgain
        /// `CROSSSLOT`: keys of one command in several slots.
        case crossSlot
        /// `MASTERDOWN`: a replica without its master.
        case masterDown
        /// `NOREPLICAS`: too few replicas to accept a write.
        case tooFewReplicas
        /// `BUSY`: a script runs too long.
        case busy
        /// `WRONGTYPE`: the key holds another type.
        case wrongType
        /// `NOAUTH`: authentication is required.
        case authenticationRequired
        /// `WRONGPASS`: user and password do not match.
        case wrongPassword
        /// `NOPERM`: the user may not do this.
        case noPermission
        /// `NOSCRIPT`: EVALSHA of an unknown script.
        case noScript
        /// `OOM`: `maxmemory` reached and nothing may be evicted.
        case outOfMemory
        /// `MISCONF`: writes are refused because saving fails.
        case misconfigured
        /// `EXECABORT`: a queued command of a transaction was refused.
        case transactionAborted
        /// `NOPROTO`: the server has no RESP3.
        case protocolUnsupported
        /// `BUSYGROUP`: the consumer group exists.
        case groupExists
        /// `NOGROUP`: no such consumer group.
        case noGroup
        /// `UNKILLABLE`, `NOTBUSY` and the rest of the unusual ones, by their word.
        case other(String)
        /// `ERR`, or a line without a code.
        case generic
    }

    /// What went wrong.
    package let code: Code
    /// The rest of the line. It may quote keys and arguments: never log it, never show it to a client.
    package let message: String

    /// Makes an error, for tests.
    package init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// Splits an error line into its code, if the first word looks like one, and the message.
    init(line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self)
        let word = text.prefix { $0 != " " }
        guard !word.isEmpty, word.utf8.count <= 32, word.utf8.allSatisfy({ (65...90).contains($0) || $0 == 95 }) else {
            self.init(code: .generic, message: text)
            return
        }
        self.init(code: Code(word: String(word)), message: String(text.dropFirst(word.count + 1)))
    }

    /// True when the same command may succeed later without any change: the server is starting, moving or busy.
    package var isTransient: Bool {
        switch code {
        case .loading, .readOnly, .clusterDown, .tryAgain, .masterDown, .tooFewReplicas, .busy: true
        default: false
        }
    }
}

extension RedisServerError.Code: CustomStringConvertible {
    private static let words: [(String, RedisServerError.Code)] = [
        ("ERR", .generic), ("LOADING", .loading), ("READONLY", .readOnly), ("MOVED", .moved), ("ASK", .ask),
        ("CLUSTERDOWN", .clusterDown), ("TRYAGAIN", .tryAgain), ("CROSSSLOT", .crossSlot),
        ("MASTERDOWN", .masterDown), ("NOREPLICAS", .tooFewReplicas), ("BUSY", .busy), ("WRONGTYPE", .wrongType),
        ("NOAUTH", .authenticationRequired), ("WRONGPASS", .wrongPassword), ("NOPERM", .noPermission),
        ("NOSCRIPT", .noScript), ("OOM", .outOfMemory), ("MISCONF", .misconfigured),
        ("EXECABORT", .transactionAborted), ("NOPROTO", .protocolUnsupported), ("BUSYGROUP", .groupExists),
        ("NOGROUP", .noGroup),
    ]

    init(word: String) {
        self = Self.words.first { $0.0 == word }?.1 ?? .other(word)
    }

    /// The word on the wire.
    package var description: String {
        if case .other(let word) = self { return word }
        return Self.words.first { $0.1 == self }?.0 ?? "ERR"
    }
}

extension RedisServerError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The code only: the message may quote data.
    package var description: String { "Redis refused the command: \(code)" }

    /// As `description`.
    package var debugDescription: String { description }

    /// The code only.
    package var customMirror: Mirror { Mirror(self, children: ["code": code]) }
}
