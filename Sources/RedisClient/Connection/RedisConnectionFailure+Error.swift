import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension RedisConnectionFailure {
    /// Sorts an error of NIO or of TLS; its message is dropped.
    init(_ error: any Error) {
        switch error {
        case let failure as RedisConnectionFailure:
            self = failure
        case let error as NIOConnectionError:
            self = error.connectionErrors.first.map { Self($0.error) } ?? .nameResolution
        case let error as IOError:
            self = error.errnoCode == ECONNREFUSED || error.errnoCode == ENOENT ? .refused : .unreachable
        case ChannelError.connectTimeout:
            self = .connectTimeout
        default:
            self = .unreachable
        }
    }
}
