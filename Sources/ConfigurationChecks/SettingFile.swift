#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that a setting names.
package struct SettingFile: Sendable, Hashable {
    private static let maximumSize = 1 << 20

    private let path: String
    private let variable: String

    /// - Parameter variable: The environment variable, or the field of a file, that names the file.
    package init(path: String, variable: String) {
        self.path = path
        self.variable = variable
    }

    /// All bytes of the file.
    /// - Throws: ``ConfigurationFailure`` when the file cannot be read or exceeds 1 MiB.
    package func content() throws(ConfigurationFailure) -> [UInt8] {
        try content(limit: Self.maximumSize, "1 MiB")
    }

    /// - Parameters:
    ///   - limit: Bytes that the file may have.
    ///   - size: The same for people.
    func content(limit: Int, _ size: String) throws(ConfigurationFailure) -> [UInt8] {
        let bytes = try beginning(limit + 1)
        guard bytes.count <= limit else { throw failure("is larger than \(size)") }
        return bytes
    }

    /// The first bytes of the file, or all of it.
    func beginning(_ count: Int) throws(ConfigurationFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be read") }
        defer { close(descriptor) }
        guard let bytes = [UInt8](readingFrom: descriptor, limit: count) else { throw failure("cannot be read") }
        return bytes
    }

    /// - Parameter problem: What is wrong with the file, as the rest of a sentence.
    package func failure(_ problem: String) -> ConfigurationFailure {
        ConfigurationFailure(key: variable, reason: "names the file \(path), which \(problem)")
    }
}

extension [UInt8] {
    /// Everything up to the end of the file or the limit; nil when reading fails.
    fileprivate init?(readingFrom descriptor: Int32, limit: Int) {
        var hasFailed = false
        // Most files are much shorter than their limit: memory that is not written costs nothing.
        self.init(unsafeUninitializedCapacity: limit) { memory, length in
            while length < limit, !hasFailed {
                let place = memory.baseAddress.map { $0 + length }
                #if canImport(Glibc)
                let count = Glibc.read(descriptor, place, limit - length)
                #else
                let count = Darwin.read(descriptor, place, limit - length)
                #endif
                if count == 0 { break }
                if count > 0 {
                    length += count
                } else if errno != EINTR {
                    hasFailed = true
                }
            }
        }
        if hasFailed { return nil }
    }
}
