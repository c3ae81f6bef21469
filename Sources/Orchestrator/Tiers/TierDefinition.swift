package import ConfigurationChecks
package import JSONCoding
import ServiceKit

/// What the tiers file says about one tier, or about one plan size of it: the name of a provisioner, and the provisioner's
/// own members.
package struct TierDefinition: Sendable, Hashable {
    /// The tier, in upper case.
    package let tier: String
    /// The plan size, in upper case; nil for all sizes that are not defined separately.
    package let size: String?
    /// Name of the provisioner.
    package let provisioner: String
    /// All other members.
    package let options: JSONObject

    /// Makes one from its parts.
    package init(tier: String, size: String? = nil, provisioner: String, options: JSONObject = [:]) {
        self.tier = tier.uppercased()
        self.size = size?.uppercased()
        self.provisioner = provisioner
        self.options = options
    }

    /// Used when there is no tiers file: pooled tiers get a schema, the silo tier a database.
    package static let defaults = [
        TierDefinition(tier: "BASIC", provisioner: PostgresSchemaProvisioner.name),
        TierDefinition(tier: "STANDARD", provisioner: PostgresSchemaProvisioner.name),
        TierDefinition(tier: "PREMIUM", provisioner: PostgresDatabaseProvisioner.name),
    ]

    /// Its place in the file, for messages.
    var place: String { Self.place(tier, size) }

    /// Reads a tiers file: `{"BASIC": {"provisioner": "postgres-schema"}, "CUSTOM": {"provisioner": "http", "url": …}}`.
    /// A tier may have `"sizes": {"XL": {"provisioner": …}}`, which replace it for plans of these sizes.
    /// - Throws: ``ConfigurationFailure`` that says what to write.
    package static func load(path: String) throws(ConfigurationFailure) -> [TierDefinition] {
        let text = try SettingFile(path: path, variable: "TIERS_FILE").content()
        do throws(ConfigurationFailure) {
            return try parse(text)
        } catch {
            throw error.inTiersFile(path)
        }
    }

    /// Reads the text of a tiers file.
    /// - Throws: ``ConfigurationFailure`` with everything that is wrong, by tier, size and member.
    package static func parse(_ text: [UInt8]) throws(ConfigurationFailure) -> [TierDefinition] {
        let value: JSONValue
        do {
            // The second of two members of one name would silently replace the first one.
            value = try JSONValue.parse(text, limits: JSONLimits(allowsRepeatedKeys: false))
        } catch { throw failure("is not valid JSON: \(error)") }
        guard let object = value.objectValue, !object.isEmpty else {
            throw failure(
                #"must be a JSON object with a member for each tier: {"BASIC": {"provisioner": "postgres-schema"}}"#)
        }
        var definitions: [TierDefinition] = []
        var problems: [String] = []
        func add(_ tier: String, _ size: String?, _ value: JSONValue, mayHaveSizes: Bool) {
            let place = Self.place(tier, size)
            guard var options = value.objectValue, let name = options["provisioner"]?.stringValue else {
                problems.append(
                    #"\#(place) must be an object with a provisioner: {"provisioner": "postgres-schema"}"#)
                return
            }
            options["provisioner"] = nil
            let sizes = mayHaveSizes ? options["sizes"] : nil
            if mayHaveSizes { options["sizes"] = nil }
            let definition = TierDefinition(tier: tier, size: size, provisioner: name, options: options)
            let isTwice = definitions.contains { $0.tier == definition.tier && $0.size == definition.size }
            if tier.isEmpty || size?.isEmpty ?? false || isTwice {
                problems.append("has the \(place) twice or without a name (upper and lower case are the same)")
            }
            definitions.append(definition)
            guard let sizes else { return }
            guard let members = sizes.objectValue, !members.isEmpty else {
                problems.append(
                    #"\#(place) has a wrong "sizes": it must be an object such as {"XL": {"provisioner": "postgres-database"}}"#
                )
                return
            }
            for (size, value) in members { add(tier, size, value, mayHaveSizes: false) }
        }
        for (tier, value) in object { add(tier, nil, value, mayHaveSizes: true) }
        guard problems.isEmpty else { throw failure(problems.joined(separator: "; ")) }
        return definitions
    }

    private static func place(_ tier: String, _ size: String?) -> String {
        #"tier "\#(tier)"\#(size.map { #", size "\#($0)""# } ?? "")"#
    }

    private static func failure(_ reason: String) -> ConfigurationFailure {
        ConfigurationFailure(key: "TIERS_FILE", reason: reason)
    }
}

extension ConfigurationFailure {
    /// The failure with the name of the tiers file that it is about.
    func inTiersFile(_ path: String?) -> ConfigurationFailure {
        guard let path, key == "TIERS_FILE" else { return self }
        return ConfigurationFailure(key: key, reason: "names the file \(path): \(reason)")
    }
}
