import Entities
import JSONCoding
import Primitives
import ServiceKit

/// What a pipeline reports: how the provisioning ended, and what it has created.
struct ProvisioningCallback: Sendable {
    /// Something that was created.
    struct CreatedResource: Sendable {
        let type: String
        let externalIdentifier: String
        let metadata: [UInt8]
    }

    let result: ProvisioningResult
    let resources: [CreatedResource]
    let appPlaneURL: String?

    /// Resources accepted in one callback.
    private static let maximumResources = 500

    /// Reads the `data` of a callback.
    /// - Throws: ``ValidationFailure`` that names the invalid member.
    init(_ data: JSONObject) throws(ValidationFailure) {
        // Without a status it is a failure, as for the original.
        guard let status = (data["status"] ?? .integer(0)).intValue else {
            throw .invalidField("/data/status", code: "type", "must be 1 (success) or 0 (failure)")
        }
        result = ProvisioningResult(rawValue: status) ?? .failure
        appPlaneURL = data["appPlaneUrl"]?.stringValue
        let listed = data["resources"] ?? .array([])
        guard case .array(let items) = listed, items.count <= Self.maximumResources else {
            throw .invalidField("/data/resources", code: "type", "must be an array of at most \(Self.maximumResources)")
        }
        var resources: [CreatedResource] = []
        for (index, item) in items.enumerated() { resources.append(try Self.resource(item, at: index)) }
        self.resources = resources
    }

    private static func resource(_ item: JSONValue, at index: Int) throws(ValidationFailure) -> CreatedResource {
        let path = "/data/resources/\(index)"
        // The original calls everything a bucket.
        guard let type = (item["type"] ?? "bucket").stringValue, (1...100).contains(type.unicodeScalars.count) else {
            throw .invalidField("\(path)/type", code: "type", "must be a string of 1 to 100 characters")
        }
        guard let metadata = item["metadata"], metadata.objectValue != nil else {
            throw .invalidField("\(path)/metadata", code: "type", "must be object")
        }
        // The original takes the name of the bucket. Other resources have other names, and a resource without a name is
        // identified by its type and position.
        let named = [item["externalIdentifier"], metadata["bucket"], metadata["name"], metadata["database"]]
        let identifier = named.lazy.compactMap { $0?.stringValue }.first { !$0.isEmpty } ?? "\(type)-\(index)"
        guard identifier.unicodeScalars.count <= 200 else {
            throw .invalidField(
                "\(path)/externalIdentifier", code: "maxLength", "must NOT have more than 200 characters")
        }
        return CreatedResource(type: type, externalIdentifier: identifier, metadata: metadata.serialized())
    }
}
