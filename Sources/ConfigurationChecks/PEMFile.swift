#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file with certificates or a key, which a setting names.
package struct PEMFile: Sendable, Hashable {
    private let path: String
    private let variable: String

    package init(path: String, variable: String) {
        self.path = path
        self.variable = variable
    }

    /// Whether the file can be read and has an entry. What is in the entry, the library for TLS checks when it uses it.
    /// - Throws: ``ConfigurationFailure`` that names the variable.
    package func check() throws(ConfigurationFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be read") }
        defer { close(descriptor) }
        guard let bytes = [UInt8](readingFrom: descriptor, limit: 1 << 20),
            bytes.firstRange(of: Array("-----BEGIN ".utf8)) != nil
        else { throw failure("is not a PEM file") }
    }

    private func failure(_ problem: String) -> ConfigurationFailure {
        ConfigurationFailure(key: variable, reason: "names the file \(path), which \(problem)")
    }
}
