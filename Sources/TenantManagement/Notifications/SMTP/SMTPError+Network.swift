import ConfigurationChecks
import NIOCore
import NIOPosix
import NIOSSL
import TransportSecurity

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension SMTPError {
    /// Sorts an error of an open connection; what it says in words is dropped.
    /// - Parameter context: Of the handler behind the one for TLS, on the event loop.
    init(_ error: any Error, during step: Step, in context: ChannelHandlerContext? = nil) {
        switch error {
        case let error as SMTPError: self = error
        // TLS cut without a farewell is a connection cut.
        case NIOSSLError.uncleanShutdown: self = .disconnected(step)
        default:
            self = TLSFault(error, SMTPConfiguration.tlsVariables, in: context).map { .tls($0) } ?? .disconnected(step)
        }
    }

    /// Sorts an error of connecting.
    init(connecting error: any Error) {
        switch error {
        case let error as NIOConnectionError:
            self = error.connectionErrors.first.map { Self(connecting: $0.error) } ?? .connection(.nameResolution)
        case let error as IOError:
            self = .connection(error.errnoCode == ECONNREFUSED ? .refused : .unreachable)
        case ChannelError.connectTimeout: self = .connection(.timeout)
        default:
            self =
                TLSFault(error, SMTPConfiguration.tlsVariables, in: nil).map { .tls($0) } ?? .connection(.unreachable)
        }
    }
}
