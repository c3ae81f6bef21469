import Configuration
import ConfigurationChecks

/// The settings of one use of TLS.
struct RedisTLSSettings: Sendable {
    let authority: Setting<String?>
    let certificate: Setting<String?>
    let key: Setting<String?>
    let serverName: Setting<String?>

    /// Reads them, and the files that they name.
    /// - Parameters:
    ///   - prefix: What is in front of the names, such as `MESSAGE_BUS`.
    ///   - variables: The names of all that belongs together, for errors of connections.
    func read(
        _ reader: ConfigReader, prefix: String?, variables: TLSVariables
    ) throws(ConfigurationFailure) -> RedisTLS {
        let files = [authority, certificate, key].map { $0.within(prefix) }
        let (authority, certificate, key) = (files[0], files[1], files[2])
        var tls = RedisTLS(
            authorityFile: try reader.value(authority), certificateFile: try reader.value(certificate),
            keyFile: try reader.value(key), serverName: try reader.value(serverName.within(prefix)))
        tls.variables = variables
        guard (tls.certificateFile == nil) == (tls.keyFile == nil) else {
            let names = [key.description.name, certificate.description.name]
            let (missing, present) = tls.keyFile == nil ? (names[0], names[1]) : (names[1], names[0])
            throw ConfigurationFailure(key: missing, reason: "is missing: \(present) is set, and they belong together")
        }
        // Read once now: a wrong path should stop the start, not surface as a failed connection.
        for file in files {
            guard let path = try reader.value(file) else { continue }
            try PEMFile(path: path, variable: file.description.name).check()
        }
        guard (try? tls.context()) != nil else {
            throw ConfigurationFailure(
                key: authority.description.name,
                reason:
                    "and \(certificate.description.name), \(key.description.name) must be PEM files with certificates, "
                    + "and a key that belongs to them")
        }
        return tls
    }
}
