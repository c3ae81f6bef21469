package import Billing
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The time zones of the machine (`/usr/share/zoneinfo`), each read once.
package final class InstalledZones: Sendable {
    private let folder: String
    private let known = Mutex<[String: ZoneRules]>([:])

    /// The largest file that is read; the real ones have a few thousand bytes.
    private static let maximumSize = 1 << 20

    package init(folder: String = "/usr/share/zoneinfo") {
        self.folder = folder
    }

    /// The zone of a name such as `America/Denver`; nil if no such zone is installed.
    package func zone(_ name: String) -> ZoneRules? {
        if name == "UTC" { return .utc }
        if let zone = known.withLock({ $0[name] }) { return zone }
        guard Self.isZoneName(name), let bytes = Self.contents(of: "\(folder)/\(name)"),
            let zone = ZoneRules(name: name, file: bytes)
        else { return nil }
        // Only names of files that exist are kept, so that their number is bounded.
        known.withLock { $0[name] = zone }
        return zone
    }

    /// Words of ASCII letters, digits, `_`, `+`, and `-`, separated by slashes: no path out of the folder. Zones that count
    /// leap seconds are not those of anybody's calendar.
    static func isZoneName(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...4).contains(parts.count) && name.utf8.count <= 64 && parts[0] != "right"
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & ~0x20)
                            || [UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte)
                    }
            }
    }

    private static func contents(of path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while bytes.count <= maximumSize {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            guard count > 0 else { return count == 0 ? bytes : nil }
            bytes += buffer[..<count]
        }
        return nil
    }
}
