import JSONCoding
import ServiceKit

extension ProvisioningReportLimits {
    /// Why tenant management could not accept a report; nil when it can.
    static func problem(resources: [TenantResource], appPlaneURL: String) -> String? {
        if resources.count > maximumResources {
            return "there are \(resources.count) resources, more than \(maximumResources)"
        }
        for (index, resource) in resources.enumerated() {
            if !(1...maximumTypeLength).contains(resource.type.unicodeScalars.count) {
                return "the type of resource \(index) is not a text of 1 to \(maximumTypeLength) characters"
            }
            if let name = resource.externalIdentifier, name.unicodeScalars.count > maximumIdentifierLength {
                return "the externalIdentifier of resource \(index) has more than \(maximumIdentifierLength) characters"
            }
            let texts = [resource.type, resource.externalIdentifier ?? ""]
            if texts.contains(where: { $0.utf8.contains(0) }) || JSONValue.object(resource.metadata).containsNUL {
                return "resource \(index) contains a NUL character"
            }
        }
        if appPlaneURL.utf8.contains(0) { return "appPlaneUrl contains a NUL character" }
        let size = resources.jsonBytes().count
        return size > maximumBytes ? "its resources take \(size) bytes, more than \(maximumBytes)" : nil
    }
}

extension JSONValue {
    /// Whether a text in it, a member's name included, holds U+0000, which PostgreSQL cannot store.
    fileprivate var containsNUL: Bool {
        switch self {
        case .string(let text): text.utf8.contains(0)
        case .array(let elements): elements.contains(where: \.containsNUL)
        case .object(let members): members.contains { $0.key.utf8.contains(0) || $0.value.containsNUL }
        default: false
        }
    }
}
