import JSONCoding

/// What a program says on standard output when it has succeeded: nothing, or
/// `{"resources": [{"type": …, "metadata": {…}, "externalIdentifier": …}], "appPlaneUrl": …}`.
struct ExecResult: Sendable, Hashable {
    /// What it made.
    var resources: [TenantResource] = []
    /// Where the tenant's application is.
    var appPlaneURL: String?
    /// Whether there was an output that is no JSON object, and was passed over.
    var ignoredOutput = false

    init() {}

    /// Reads the output.
    /// - Throws: a permanent failure for a JSON object that does not have this form: trying again would only make the
    ///   same resources again.
    init(output: [UInt8]) throws(ProvisioningFailure) {
        guard let first = output.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return }
        guard first == UInt8(ascii: "{") else {
            ignoredOutput = true
            return
        }
        guard let object = try? JSONValue.parse(output) else { throw .permanent("the output is not valid JSON") }
        if let value = object["resources"], !value.isNull {
            guard let elements = value.arrayValue else { throw .permanent("resources in the output is not an array") }
            for element in elements { resources.append(try Self.resource(element)) }
        }
        if let value = object["appPlaneUrl"], !value.isNull {
            guard let url = value.stringValue, Self.isURL(url) else {
                throw .permanent("appPlaneUrl in the output is not a URL")
            }
            appPlaneURL = url
        }
    }

    private static func resource(_ value: JSONValue) throws(ProvisioningFailure) -> TenantResource {
        guard let type = value["type"]?.stringValue, (1...100).contains(type.unicodeScalars.count) else {
            throw .permanent("a resource in the output has no type of 1 to 100 characters")
        }
        let metadata = value["metadata"] ?? .object([:])
        guard let metadata = metadata.objectValue else {
            throw .permanent("the metadata of a resource in the output is not an object")
        }
        let identifier = value["externalIdentifier"] ?? .null
        guard identifier.isNull || identifier.stringValue.map({ (1...200).contains($0.unicodeScalars.count) }) == true
        else {
            throw .permanent("the externalIdentifier of a resource in the output is not a text of 1 to 200 characters")
        }
        return TenantResource(type: type, metadata: metadata, externalIdentifier: identifier.stringValue)
    }

    private static func isURL(_ text: String) -> Bool {
        (text.hasPrefix("https://") || text.hasPrefix("http://")) && text.utf8.count <= 2000
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
