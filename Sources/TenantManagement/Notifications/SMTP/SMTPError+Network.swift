import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension SMTPError {
    /// Sorts an error of an open connection; what it says in words is dropped.
    init(_ error: any Error, during step: Step) {
        switch error {
        case let error as SMTPError: self = error
        // TLS cut without a farewell is a connection cut.
        case NIOSSLError.uncleanShutdown: self = .disconnected(step)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: self = .tls
        default: self = .disconnected(step)
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
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: self = .tls
        default: self = .connection(.unreachable)
        }
    }
}
