/// Why the body of a request cannot be read completely. The cause is always the client or the network.
enum RequestBodyFailure: Error {
    /// The framing is wrong, such as the size of a chunk.
    case malformed
    /// The client has closed the connection, or its half of it.
    case incomplete
    /// It did not arrive in time.
    case late

    /// The response, for a client that is still connected.
    var failure: HTTPFailure {
        switch self {
        case .malformed: .badRequest("The request body is framed incorrectly: its length or a chunk size is invalid.")
        case .incomplete: .badRequest("The request body ended before it was complete.")
        case .late: .requestTimeout("The request body did not arrive in time.")
        }
    }
}
