import NIOCore

/// A command that every new connection sends after the greeting, before any other command: SUBSCRIBE, CLIENT TRACKING.
struct SetupCommand: Sendable {
    let arguments: [RedisArgument]
    /// Pushes that confirm it; nil when it has an ordinary reply.
    let confirmations: Int?
}

/// The greeting of a connection: HELLO 3 with AUTH and SETNAME, ROLE where the server must be a master, SELECT, and the setup commands, in one write.
///
/// Commands of tasks wait until all of it is confirmed: behind a SELECT that failed they would act on the wrong
/// database.
struct Handshake: Sendable {
    enum Progress: Equatable {
        case underWay
        case done
        case failed(RedisConnectionFailure)
    }

    private enum Step: Equatable {
        case hello
        case reply
        /// ROLE, of a server that must be a master.
        case role
        case confirmations(Int)
    }

    private var commands: [[RedisArgument]] = []
    private var steps: [Step] = []
    private var next = 0

    init(
        credentials: RedisCredentials?, clientName: String?, database: Int, setup: [SetupCommand],
        mustBeMaster: Bool = false
    ) {
        var hello: [RedisArgument] = ["HELLO", "3"]
        if let credentials {
            hello += ["AUTH", .text(credentials.username), .text(credentials.password.reveal())]
        }
        if let clientName { hello += ["SETNAME", .text(clientName)] }
        add(hello, .hello)
        if mustBeMaster { add(["ROLE"], .role) }
        if database != 0 { add(["SELECT", .integer(Int64(database))], .reply) }
        for command in setup {
            add(command.arguments, command.confirmations.map { .confirmations($0) } ?? .reply)
        }
    }

    private mutating func add(_ command: [RedisArgument], _ step: Step) {
        commands.append(command)
        steps.append(step)
    }

    /// Writes all commands.
    func write(to buffer: inout ByteBuffer) {
        for command in commands { buffer.writeCommand(command) }
    }

    /// An ordinary reply came.
    mutating func receive(_ reply: Result<RedisValue, RedisServerError>) -> Progress {
        guard next < steps.count else { return .failed(.protocolViolation(.unexpectedReply)) }
        switch (steps[next], reply) {
        case (_, .failure(let error)):
            return .failed(.handshake(error))
        case (.hello, .success(let greeting)):
            guard greeting["proto"]?.integer == 3 else { return .failed(.protocolViolation(.malformedBody)) }
            return advance()
        case (.reply, .success):
            return advance()
        case (.role, .success(let role)):
            guard role.array?.first?.text == "master" else { return .failed(.notMaster) }
            return advance()
        case (.confirmations, .success):
            return .failed(.protocolViolation(.unexpectedReply))
        }
    }

    /// The confirmation of a subscription came.
    mutating func receiveConfirmation() -> Progress {
        guard next < steps.count, case .confirmations(let count) = steps[next] else { return .underWay }
        guard count == 1 else {
            steps[next] = .confirmations(count - 1)
            return .underWay
        }
        return advance()
    }

    private mutating func advance() -> Progress {
        next += 1
        return next == steps.count ? .done : .underWay
    }
}
