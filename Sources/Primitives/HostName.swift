#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The name of the machine.
package enum HostName {
    /// Nil if the system does not tell it.
    package static let current: String? = {
        let size = 256
        var bytes = [CChar](repeating: 0, count: size)
        // The last byte stays zero, whatever the system does with a name that is too long.
        guard gethostname(&bytes, size - 1) == 0 else { return nil }
        let name = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    }()
}
