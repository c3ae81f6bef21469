import Entities
import JSONCoding
import PostgresClient
import Primitives

/// What is kept of an off-boarding: who was off-boarded, when, and what was removed, with a checksum over its content.
struct OffboardingCertificate: Sendable {
    /// A resource that was removed.
    struct RemovedResource: Sendable {
        let id: Identifier
        let type: String
        let externalIdentifier: String
        let createdOn: Timestamp
    }

    /// The version of the layout.
    private static let version = 1

    let offboarding: Offboarding
    let key: String
    let name: String
    let resources: [RemovedResource]
    let completedOn: Timestamp

    /// The certificate as it is stored and shown.
    var json: [UInt8] {
        var content: JSONObject = [
            "version": .integer(Self.version), "id": .identifier(offboarding.id),
            "tenantId": .identifier(offboarding.tenant), "tenantKey": .string(key), "tenantName": .string(name),
            "reason": .string(offboarding.reason), "graceDays": .integer(offboarding.graceDays),
            "requestedOn": .string(offboarding.requestedOn.description),
            "completedOn": .string(completedOn.description),
        ]
        if let requestedBy = offboarding.requestedBy { content["requestedBy"] = .string(requestedBy) }
        if let startedOn = offboarding.startedOn { content["startedOn"] = .string(startedOn.description) }
        content["removedResources"] = .array(
            resources.map { resource in
                [
                    "id": .identifier(resource.id), "type": .string(resource.type),
                    "externalIdentifier": .string(resource.externalIdentifier),
                    "createdOn": .string(resource.createdOn.description),
                ]
            })
        return content.certificateText
    }

    static let schema = Schema.object(
        [
            .init("version", .integer(), required: true), .init("id", .string(format: .uuid), required: true),
            .init("tenantId", .string(format: .uuid), required: true), .init("tenantKey", .string(), required: true),
            .init("tenantName", .string(), required: true), .init("reason", .string(), required: true),
            .init("graceDays", .integer(), required: true),
            .init("requestedOn", .string(format: .dateTime), required: true),
            .init("completedOn", .string(format: .dateTime), required: true), .init("requestedBy", .string()),
            .init("startedOn", .string(format: .dateTime)),
            .init("removedResources", .array(of: resourceSchema), required: true),
            .init(
                "sha256", .string().described("SHA-256 of the same JSON text without this member"), required: true),
        ], name: "TenantOffboardingCertificate")

    private static let resourceSchema = Schema.object(
        [
            .init("id", .string(format: .uuid), required: true), .init("type", .string(), required: true),
            .init("externalIdentifier", .string(), required: true),
            .init("createdOn", .string(format: .dateTime), required: true),
        ], name: "RemovedResource")
}
