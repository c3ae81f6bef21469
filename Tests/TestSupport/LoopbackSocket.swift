import Glibc

/// A TCP socket with a port of 127.0.0.1, which nobody else gets while it is open. It does not listen: connections are refused.
package struct LoopbackSocket: Sendable {
    package let descriptor: Int32
    package let port: Int

    /// - Parameter wanted: 0 for a port that the system chooses.
    /// - Throws: ``TestFailure`` when somebody else has the port.
    package init(port wanted: UInt16 = 0) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = wanted.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else {
            _ = Glibc.close(descriptor)
            throw TestFailure("port \(wanted) of 127.0.0.1 cannot be bound")
        }
        self.descriptor = descriptor
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    package func close() { _ = Glibc.close(descriptor) }
}
