/// A file with certificates or a key, which a setting names.
package struct PEMFile: Sendable, Hashable {
    private let file: SettingFile

    package init(path: String, variable: String) {
        file = SettingFile(path: path, variable: variable)
    }

    /// Whether the file can be read and has an entry. What is in the entry, the library for TLS checks when it uses it.
    /// - Throws: ``ConfigurationFailure`` that names the variable.
    package func check() throws(ConfigurationFailure) {
        guard try file.beginning(1 << 20).firstRange(of: Array("-----BEGIN ".utf8)) != nil else {
            throw file.failure("is not a PEM file")
        }
    }
}
