package import Configuration
package import ConfigurationChecks
import JSONCoding
package import Logging
import MessageBus
package import Primitives
import Sealing

/// Says what provisioning a tenant would do, and does nothing: for operators who change the tiers or the data servers.
package struct ProvisioningDryRun: Sendable {
    /// What shall be provisioned.
    package struct Request: Sendable {
        package var tier: String
        package var size: String?
        package var region: String?
        package var key: String
        package var tenant: Identifier

        package init(tier: String, size: String?, region: String?, key: String, tenant: Identifier) {
            self.tier = tier
            self.size = size
            self.region = region
            self.key = key
            self.tenant = tenant
        }
    }

    /// What would be done.
    package struct Report: Sendable {
        /// The provisioner's name in the tiers file.
        package let provisioner: String
        package let steps: [StepPreview]
        /// Why the rest of the steps cannot be said, or would fail; nil if nothing is wrong.
        package let problem: String?
    }

    private let shared: CommandProvisioners
    private var provisioners: Provisioners { shared.provisioners }

    /// Reads the settings of the orchestrator.
    /// - Throws: `ConfigurationFailure` that names the variable, the file, the entry and the field.
    package init(reader: ConfigReader, logger: Logger) throws(ConfigurationFailure) {
        shared = try CommandProvisioners(reader: reader, logger: logger)
    }

    /// Looks what provisioning would do.
    package func report(_ request: Request) async -> Report {
        guard let entry = provisioners.tiers[request.tier, size: request.size ?? ""] else {
            let known = provisioners.tiers.tiers.joined(separator: ", ")
            return Report(
                provisioner: "none", steps: [],
                problem: "no provisioner is configured for this tier; known are \(known)")
        }
        var steps: [StepPreview] = []
        do throws(ProvisioningFailure) {
            var context = PreviewContext(event: try Self.event(request))
            for step in try entry.provisioner.plan(.provision).steps {
                guard let step = step as? any PreviewableStep else {
                    steps.append(StepPreview(step: step.name, text: "perform \(step.name)", isChange: true))
                    continue
                }
                steps += try await step.preview(&context)
            }
            return Report(provisioner: entry.name, steps: steps, problem: nil)
        } catch {
            return Report(provisioner: entry.name, steps: steps, problem: error.reason)
        }
    }

    /// An event as tenant management would publish it, with a secret that signs nothing.
    private static func event(_ request: Request) throws(ProvisioningFailure) -> ProvisioningEvent {
        var plan: JSONObject = ["tier": .string(request.tier)]
        if let size = request.size { plan["size"] = .string(size) }
        if let region = request.region { plan["sizeConfig"] = ["region": .string(region)] }
        let json: JSONValue = [
            "type": .string(WorkflowKind.provision.eventType),
            "tenant": ["id": .identifier(request.tenant), "key": .string(request.key)],
            "subscription": ["plan": .object(plan)], "secret": .string(String(repeating: "0", count: 32)),
            "context": "dry-run",
        ]
        do {
            return try ProvisioningEvent(
                kind: .provision, json: json.serialized(), eventID: .v4(), tenantID: request.tenant, trace: nil,
                secrets: EventSecretSealer(secret: ""))
        } catch {
            throw .permanent("the request is no event: \(error.reason)")
        }
    }

    /// Closes the connections.
    package func shutdown() async { await shared.shutdown() }
}
