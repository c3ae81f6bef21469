import ConfigurationChecks
import JSONCoding
import Logging
import OutboundHTTP
import ServiceKit

/// Makes provisioners from the definitions of a tiers file.
struct ProvisionerRegistry: Sendable {
    /// What the PostgreSQL provisioners need; called for each tier that has one of them.
    let tenancy: @Sendable () throws(ConfigurationFailure) -> PlacedTenancy
    /// For pipelines.
    let client: JSONPoster
    let logger: Logger
    var moves = MoveSettings()

    /// Names that a tiers file can contain.
    static let names = [
        ExecProvisioner.name, HTTPProvisioner.name, PostgresDatabaseProvisioner.name, PostgresSchemaProvisioner.name,
    ]

    /// Makes the provisioners of all tiers and sizes.
    /// - Throws: ``ConfigurationFailure`` that says what is wrong with each tier and what to write.
    func table(_ definitions: [TierDefinition]) throws(ConfigurationFailure) -> TierTable {
        var entries: [String: TierTable.Entry] = [:]
        var sizes: [String: [String: TierTable.Entry]] = [:]
        var problems: [String] = []
        for definition in definitions {
            do throws(ConfigurationFailure) {
                let entry = TierTable.Entry(
                    name: definition.provisioner, provisioner: try provisioner(definition),
                    host: Self.host(of: definition))
                if let size = definition.size {
                    sizes[definition.tier, default: [:]][size] = entry
                } else {
                    entries[definition.tier] = entry
                }
            } catch {
                // A setting outside of the file, which all tiers share.
                guard error.key == "TIERS_FILE" else { throw error }
                problems.append(error.reason)
            }
        }
        guard problems.isEmpty else {
            throw ConfigurationFailure(key: "TIERS_FILE", reason: problems.joined(separator: "; "))
        }
        return TierTable(entries, sizes: sizes)
    }

    /// The host of a pipeline's URL.
    private static func host(of definition: TierDefinition) -> String? {
        guard definition.provisioner == HTTPProvisioner.name else { return nil }
        return (definition.options["url"]?.stringValue).flatMap { HTTPURL($0) }?.host.lowercased()
    }

    private func provisioner(_ definition: TierDefinition) throws(ConfigurationFailure) -> any Provisioner {
        switch definition.provisioner {
        case PostgresSchemaProvisioner.name:
            let labels = try labels(definition)
            let servers = try tenancy()
            return PostgresSchemaProvisioner(tenancy: servers, labels: labels, movePlan: movePlan(servers, labels))
        case PostgresDatabaseProvisioner.name:
            let labels = try labels(definition)
            let servers = try tenancy()
            return PostgresDatabaseProvisioner(tenancy: servers, labels: labels, movePlan: movePlan(servers, labels))
        case ExecProvisioner.name:
            return try exec(definition)
        case HTTPProvisioner.name:
            return try http(definition)
        default:
            throw ConfigurationFailure(
                key: "TIERS_FILE",
                reason:
                    #"\#(definition.place) has the unknown provisioner "\#(definition.provisioner)"; write one of "#
                    + Self.names.joined(separator: ", "))
        }
    }

    private func movePlan(
        _ tenancy: PlacedTenancy, _ labels: [String: String]
    ) -> @Sendable () throws(ProvisioningFailure) -> WorkflowPlan {
        let tools = MoveTools(
            tenancy: tenancy, settings: moves, clock: tenancy.credentials.clock, logger: logger)
        return { () throws(ProvisioningFailure) in try MovePlan.make(tools, labels: labels) }
    }

    /// The labels that the data server of a tenant must have.
    private func labels(_ definition: TierDefinition) throws(ConfigurationFailure) -> [String: String] {
        let options = try TierOptions(definition, known: ["labels"])
        let labels = try options.dictionary("labels", #"an object of texts, such as {"region": "eu"}"#)
        guard labels["tier"] == nil else {
            throw options.failure(#"has "labels" with a tier; write the tiers of a data server into its own labels"#)
        }
        return labels
    }

    private func exec(_ definition: TierDefinition) throws(ConfigurationFailure) -> any Provisioner {
        let options = try TierOptions(
            definition,
            known: [
                "command", "environment", "workingDirectory", "timeoutSeconds", "deprovisionCommand",
                "compensateCommand", "exportCommand",
            ])
        let environment = try options.dictionary("environment", #"an object of texts, such as {"REGION": "eu-1"}"#)
        guard environment.keys.allSatisfy({ !$0.contains("=") && !$0.utf8.contains(0) }) else {
            throw options.failure(#"has an "environment" with a name that no variable can have"#)
        }
        return ExecProvisioner(
            arguments: try command("command", options), environment: environment,
            workingDirectory: try options.textIfPresent("workingDirectory", "the folder to start in"),
            timeLimit: try options.seconds("timeoutSeconds", default: 900, in: 1...86_400), logger: logger,
            deprovisionArguments: try commandIfPresent("deprovisionCommand", definition, options),
            compensateArguments: try commandIfPresent("compensateCommand", definition, options),
            exportArguments: try commandIfPresent("exportCommand", definition, options))
    }

    private func commandIfPresent(
        _ name: String, _ definition: TierDefinition, _ options: TierOptions
    ) throws(ConfigurationFailure) -> [String]? {
        definition.options[name] == nil ? nil : try command(name, options)
    }

    private func command(_ name: String, _ options: TierOptions) throws(ConfigurationFailure) -> [String] {
        var arguments = try options.texts(
            name, #"the program and its arguments, such as ["/usr/local/bin/provision", "--verbose"]"#)
        guard let program = ProgramPath.absolute(arguments[0]) else {
            throw options.failure("has a \(name) whose program \(arguments[0]) does not exist or is not executable")
        }
        arguments[0] = program
        return arguments
    }

    private func http(_ definition: TierDefinition) throws(ConfigurationFailure) -> any Provisioner {
        let options = try TierOptions(
            definition, known: ["url", "deprovisionUrl", "exportUrl", "headers", "timeoutSeconds"])
        let what = #"an http or https URL, such as "https://pipeline.example.com/tenants""#
        let url = try options.text("url", what)
        guard HTTPURL.isValid(url) else { throw options.failure(#"has a wrong "url": it must be \#(what)"#) }
        let deprovisionURL = try options.textIfPresent("deprovisionUrl", what)
        guard deprovisionURL.map(HTTPURL.isValid) ?? true else {
            throw options.failure(#"has a wrong "deprovisionUrl": it must be \#(what)"#)
        }
        let exportURL = try options.textIfPresent("exportUrl", what)
        guard exportURL.map(HTTPURL.isValid) ?? true else {
            throw options.failure(#"has a wrong "exportUrl": it must be \#(what)"#)
        }
        let headers = try options.dictionary("headers", #"an object of texts, such as {"authorization": "Bearer …"}"#)
        guard headers.allSatisfy({ HTTPURL.isHeader(name: $0, value: $1) }) else {
            throw options.failure(#"has "headers" that HTTP does not allow"#)
        }
        return HTTPProvisioner(
            url: url, headers: headers, timeout: try options.seconds("timeoutSeconds", default: 30, in: 1...300),
            client: client, deprovisionURL: deprovisionURL, exportURL: exportURL)
    }
}
