private import Glibc

/// Finds free ports.
package enum LoopbackPort {
    /// Whether a server could listen there now. A host name that is no address counts as 127.0.0.1.
    package static func isFree(host: String, port: UInt16) -> Bool {
        withBoundSocket(host: host, port: port) { _ in true } ?? false
    }

    /// Below the ephemeral ports (on Linux from 32768), one of which could be taken between the choice and its use.
    private static let range: ClosedRange<UInt16> = 15_000...32_000

    /// A port of 127.0.0.1 that is not in use.
    package static func chooseFree() throws(LocalStackError) -> UInt16 {
        for _ in 0..<1000 {
            let port = UInt16.random(in: range)
            if isFree(host: "127.0.0.1", port: port) { return port }
        }
        throw .noFreePort
    }

    private static func withBoundSocket<Value>(host: String, port: UInt16, _ body: (Int32) -> Value) -> Value? {
        guard
            let address = SocketAddress(host: host, port: port) ?? SocketAddress(host: "127.0.0.1", port: port)
        else { return nil }
        let descriptor = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        // As servers do: connections in TIME_WAIT don't hold a port, a listener does.
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard address.withPointer({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, 1) == 0 else { return nil }
        return body(descriptor)
    }
}
