private import Glibc

/// Which ports are free.
package enum LoopbackPort {
    /// Whether a server could listen there now. A host name that is no address counts as 127.0.0.1.
    package static func isFree(host: String, port: UInt16) -> Bool {
        withBoundSocket(host: host, port: port) { _ in true } ?? false
    }

    /// A port of 127.0.0.1 that nobody uses, from the system's own range.
    package static func chooseFree() throws(LocalStackError) -> UInt16 {
        let chosen = withBoundSocket(host: "127.0.0.1", port: 0) { descriptor -> UInt16? in
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let result = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            }
            return result == 0 ? UInt16(bigEndian: address.sin_port) : nil
        }
        guard let port = chosen ?? nil else { throw .noFreePort }
        return port
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
