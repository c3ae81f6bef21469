/// Which commands must not be sent on a shared connection.
enum CommandRules {
    /// Throws for an empty command and for one that would change the connection for all tasks.
    static func check(_ arguments: [RedisArgument], inPipeline: Bool) throws(RedisError) {
        guard let first = arguments.first else { throw .invalidCommand(.empty) }
        guard let word = first.commandWord else { return }
        switch word {
        case "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR",
            "SELECT", "AUTH", "HELLO", "RESET", "QUIT", "SYNC", "PSYNC", "READONLY", "READWRITE", "ASKING":
            throw .invalidCommand(.changesConnection)
        case "MULTI", "EXEC", "DISCARD", "WATCH":
            if !inPipeline { throw .invalidCommand(.changesConnection) }
        case "CLIENT":
            guard arguments.count > 1, let subcommand = arguments[1].commandWord else { return }
            if ["REPLY", "TRACKING", "CACHING", "SETNAME", "NO-TOUCH"].contains(subcommand) {
                throw .invalidCommand(.changesConnection)
            }
        default: return
        }
    }
}
