package import ConfigurationChecks
import FoundationEssentials
package import JSONCoding
import ServiceKit

/// What the tiers file says about one tier: the name of a provisioner, and the provisioner's own members.
package struct TierDefinition: Sendable, Hashable {
    /// The tier, in upper case.
    package let tier: String
    /// Name of the provisioner.
    package let provisioner: String
    /// All other members.
    package let options: JSONObject

    /// Makes one from its parts.
    package init(tier: String, provisioner: String, options: JSONObject = [:]) {
        self.tier = tier.uppercased()
        self.provisioner = provisioner
        self.options = options
    }

    /// Used when there is no tiers file: pooled tiers get a schema, the silo tier a database.
    package static let defaults = [
        TierDefinition(tier: "BASIC", provisioner: PostgresSchemaProvisioner.name),
        TierDefinition(tier: "STANDARD", provisioner: PostgresSchemaProvisioner.name),
        TierDefinition(tier: "PREMIUM", provisioner: PostgresDatabaseProvisioner.name),
    ]

    /// Reads a tiers file: `{"BASIC": {"provisioner": "postgres-schema"}, "CUSTOM": {"provisioner": "http", "url": …}}`.
    /// - Throws: ``ConfigurationFailure`` that says what to write.
    package static func load(path: String) throws(ConfigurationFailure) -> [TierDefinition] {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            throw ConfigurationFailure(key: "TIERS_FILE", reason: "names the file \(path), which cannot be read")
        }
        return try parse(Array(data))
    }

    /// Reads the text of a tiers file.
    /// - Throws: ``ConfigurationFailure`` that says what to write.
    package static func parse(_ text: [UInt8]) throws(ConfigurationFailure) -> [TierDefinition] {
        let value: JSONValue
        do { value = try JSONValue.parse(text) } catch { throw failure("is not valid JSON: \(error)") }
        guard let object = value.objectValue, !object.isEmpty else {
            throw failure(
                #"must be a JSON object with a member for each tier: {"BASIC": {"provisioner": "postgres-schema"}}"#)
        }
        var definitions: [TierDefinition] = []
        for (tier, value) in object {
            guard var options = value.objectValue, let name = options["provisioner"]?.stringValue else {
                throw failure(
                    #"tier "\#(tier)" must be an object with a provisioner: {"provisioner": "postgres-schema"}"#)
            }
            options["provisioner"] = nil
            let definition = TierDefinition(tier: tier, provisioner: name, options: options)
            guard !tier.isEmpty, !definitions.contains(where: { $0.tier == definition.tier }) else {
                throw failure(#"has the tier "\#(tier)" twice or without a name (upper and lower case are the same)"#)
            }
            definitions.append(definition)
        }
        return definitions
    }

    private static func failure(_ reason: String) -> ConfigurationFailure {
        ConfigurationFailure(key: "TIERS_FILE", reason: reason)
    }
}
