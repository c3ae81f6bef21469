/// Why the body of a request cannot be read to its end. The client's doing, never the service's.
enum RequestBodyFailure: Error {
    /// The framing is wrong, such as the size of a chunk.
    case malformed
    /// The client has ended the connection, or its half of it.
    case incomplete
    /// It did not arrive in time.
    case late

    /// What the client sees, if it is still there.
    var failure: HTTPFailure {
        switch self {
        case .malformed: .badRequest("The request body is framed incorrectly: its length or a chunk size is invalid.")
        case .incomplete: .badRequest("The request body ended before it was complete.")
        case .late: .requestTimeout("The request body did not arrive in time.")
        }
    }
}
