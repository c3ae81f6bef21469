/// Why the records of a name could not be read.
package enum DNSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No server has answered before the deadline.
    case timedOut
    /// No server could be reached.
    case unreachable
    /// The last server has refused or failed, with this RCODE (RFC 1035 section 4.1.1): usually 2, which recursive servers
    /// return when the servers of the domain do not answer or its signatures are invalid.
    case refused(code: UInt8)
    /// The last server has sent an invalid message.
    case malformed
    /// The task was canceled.
    case cancelled

    package var description: String {
        switch self {
        case .timedOut: "no name server has answered in time"
        case .unreachable: "no name server could be reached"
        case .refused(let code): "the name server has returned the error \(Self.name(of: code))"
        case .malformed: "the name server has sent an invalid message"
        case .cancelled: "the lookup was canceled"
        }
    }

    private static func name(of code: UInt8) -> String {
        switch code {
        case 1: "FORMERR"
        case 2: "SERVFAIL"
        case 4: "NOTIMP"
        case 5: "REFUSED"
        default: "\(code)"
        }
    }
}
