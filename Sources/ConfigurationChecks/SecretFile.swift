#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that holds a secret, as Docker and Kubernetes mount them.
package struct SecretFile: Sendable, Hashable {
    static let maximumSize = 64 << 10

    let path: String
    /// The environment variable, or the field of a file, that names the file.
    let variable: String

    package init(path: String, variable: String) {
        self.path = path
        self.variable = variable
    }

    /// The text of the file without line breaks at its end.
    /// - Throws: ``ConfigurationFailure`` when the file cannot be read, is empty, is not UTF-8 or exceeds 64 KiB.
    package func content() throws(ConfigurationFailure) -> String {
        guard let bytes = read() else { throw failure("cannot be read") }
        guard bytes.count <= Self.maximumSize else { throw failure("is larger than 64 KiB") }
        let end = bytes.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }.map { $0 + 1 } ?? 0
        guard end > 0 else { throw failure("is empty") }
        guard let text = String(validating: bytes[..<end], as: UTF8.self) else { throw failure("is not UTF-8 text") }
        return text
    }

    /// The bytes, and at most one more than are allowed; nil when the file cannot be read.
    private func read() -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return Array<UInt8>(readingFrom: descriptor, limit: Self.maximumSize + 1)
    }

    private func failure(_ problem: String) -> ConfigurationFailure {
        ConfigurationFailure(key: variable, reason: "names the file \(path), which \(problem)")
    }
}

extension [UInt8] {
    /// Everything up to the end of the file or the limit; nil when reading fails.
    init?(readingFrom descriptor: Int32, limit: Int) {
        self = [UInt8](repeating: 0, count: limit)
        var length = 0
        while length < limit {
            let count = withUnsafeMutableBytes { memory in
                #if canImport(Glibc)
                Glibc.read(descriptor, memory.baseAddress.map { $0 + length }, limit - length)
                #else
                Darwin.read(descriptor, memory.baseAddress.map { $0 + length }, limit - length)
                #endif
            }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if count == 0 { break }
            length += count
        }
        removeLast(limit - length)
    }
}
