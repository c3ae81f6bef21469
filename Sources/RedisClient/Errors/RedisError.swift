package import ConfigurationChecks

/// Everything that can go wrong with a command. No case carries keys, values or secrets in its description.
package enum RedisError: Error, Sendable, Hashable {
    /// No connection: nothing was sent. The reason is that of the last failure.
    case notConnected(RedisConnectionFailure)
    /// The connection ended after the command was handed to it: it may have been carried out or not.
    case connectionLost(RedisConnectionFailure)
    /// No reply within `RedisConfiguration.commandTimeout`: it may have been carried out or not. The connection is
    /// replaced, because the order of what it would still deliver is unknown.
    case timeout
    /// Too many commands or bytes wait already: nothing was sent.
    case overloaded
    /// The task was canceled. If the command had been sent its reply is dropped.
    case cancelled
    /// `shutdown()` was called: nothing was sent.
    case closed
    /// The server's answer is an error.
    case server(RedisServerError)
    /// The reply has a type that the command does not have.
    case unexpectedReply
    /// The command or an argument cannot be sent: nothing was sent.
    case invalidCommand(InvalidCommand)

    /// Why a command is not sent.
    package enum InvalidCommand: Sendable, Hashable {
        /// No command name.
        case empty
        /// A command that changes the state of the connection, which is shared (SELECT, SUBSCRIBE, MONITOR, …), or
        /// MULTI and WATCH outside a `pipeline`.
        case changesConnection
        /// An expiry that is not positive.
        case expiryNotPositive
    }

    /// True when the server certainly has not carried out the command.
    package var isCertainlyNotExecuted: Bool {
        switch self {
        case .notConnected, .overloaded, .closed, .server, .invalidCommand: true
        case .connectionLost, .timeout, .cancelled, .unexpectedReply: false
        }
    }

    /// True when Redis, not the command, is the trouble: go on without it.
    package var isUnavailable: Bool {
        switch self {
        case .notConnected, .connectionLost, .timeout, .overloaded, .closed: true
        case .server(let error): error.isTransient
        case .cancelled, .unexpectedReply, .invalidCommand: false
        }
    }

    /// The code of a server error.
    package var serverCode: RedisServerError.Code? {
        guard case .server(let error) = self else { return nil }
        return error.code
    }
}

/// Why there is no connection, or why it ended.
package enum RedisConnectionFailure: Error, Sendable, Hashable {
    /// The name has no address.
    case nameResolution
    /// Nothing listens there.
    case refused
    /// No route, reset, or another failure of the socket.
    case unreachable
    /// Connecting and greeting took longer than `RedisConfiguration.connectTimeout`.
    case connectTimeout
    /// TLS could not be agreed on.
    case tls(TLSFault)
    /// The server refused the greeting: authentication, database number, RESP3, tracking or subscriptions.
    case handshake(RedisServerError)
    /// The server closed the connection.
    case closedByServer
    /// A command had no reply in time.
    case unresponsive
    /// The server broke the protocol.
    case protocolViolation(RESPViolation)
    /// No sentinel responds, or none knows the master.
    case noSentinel
    /// The server is a replica, or became one.
    case notMaster
    /// Another server became the master.
    case masterMoved
}

extension RedisError: CustomStringConvertible {
    /// What went wrong, without data.
    package var description: String {
        switch self {
        case .notConnected(let failure): "no connection to Redis: \(failure)"
        case .connectionLost(let failure): "the connection to Redis was lost: \(failure)"
        case .timeout: "Redis did not reply in time"
        case .overloaded: "too many commands wait for Redis"
        case .cancelled: "the command was canceled"
        case .closed: "the Redis client is shut down"
        case .server(let error): error.description
        case .unexpectedReply: "Redis replied with an unexpected type"
        case .invalidCommand(.empty): "the command is empty"
        case .invalidCommand(.changesConnection): "the command would change the shared connection"
        case .invalidCommand(.expiryNotPositive): "the expiry is not positive"
        }
    }
}

extension RedisConnectionFailure: CustomStringConvertible {
    /// What went wrong, without data.
    package var description: String {
        switch self {
        case .nameResolution: "the host name has no address"
        case .refused: "connection refused"
        case .unreachable: "unreachable or reset"
        case .connectTimeout: "connecting took too long"
        case .tls(let fault): "\(fault)"
        case .handshake(let error): "greeting refused: \(error.code)"
        case .closedByServer: "closed by the server"
        case .unresponsive: "no reply in time"
        case .protocolViolation(let violation): "protocol violation: \(violation)"
        case .noSentinel: "no sentinel knows the master"
        case .notMaster: "the server is not the master"
        case .masterMoved: "another server is the master now"
        }
    }
}
