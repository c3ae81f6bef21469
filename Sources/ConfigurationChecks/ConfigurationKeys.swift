/// The settings that a part of the program reads, by the names of their environment variables (`DB_HOST`).
///
/// A type that reads settings lists them beside the code that reads them. Tests compare the lists with what is read and with
/// docs/configuration.md.
package struct ConfigurationKeys: Sendable, Hashable, ExpressibleByArrayLiteral {
    package let names: Set<String>
    /// Those of ``names`` whose values can be in files that `NAME_FILE` names.
    package let secrets: Set<String>

    package init(_ names: Set<String>, secrets: Set<String> = []) {
        self.names = names.union(secrets)
        self.secrets = secrets
    }

    package init(arrayLiteral names: String...) { self.init(Set(names)) }

    package init(combining parts: [ConfigurationKeys]) {
        self.init(
            parts.reduce(into: []) { $0.formUnion($1.names) },
            secrets: parts.reduce(into: []) { $0.formUnion($1.secrets) })
    }

    /// Every variable that may be set: the names, and those of the files of secrets.
    package var variables: Set<String> { names.union(secrets.map { "\($0)_FILE" }) }

    /// The same settings under a prefix: `DB_HOST` within `MESSAGE_BUS` is `MESSAGE_BUS_DB_HOST`.
    package func within(_ prefix: String) -> ConfigurationKeys {
        ConfigurationKeys(Set(names.map { "\(prefix)_\($0)" }), secrets: Set(secrets.map { "\(prefix)_\($0)" }))
    }
}
