import Crypto
import FoundationEssentials
import JSONCoding

/// Distinguishes repetitions of a callback from other callbacks by their content, not by how their JSON is written.
struct CallbackDigest: Sendable {
    /// SHA-256 of the content in one canonical form.
    let ofContent: [UInt8]
    /// SHA-256 of the bytes, which earlier versions stored.
    private let ofBytes: [UInt8]

    init(body: [UInt8]) {
        ofBytes = Array(SHA256.hash(data: Data(body)))
        let content = (try? JSONValue.parse(body)).map { $0.withoutAdditions.withSortedMembers.javaScriptSerialized() }
        ofContent = content.map { Array(SHA256.hash(data: Data($0))) } ?? ofBytes
    }

    func matches(_ stored: [UInt8]?) -> Bool { stored == ofContent || stored == ofBytes }
}

extension JSONValue {
    /// Without what a callback says in addition to the outcome: progress, which may be more when it is repeated, and the name of the
    /// request, which the signature covers and which earlier orchestrators leave out.
    fileprivate var withoutAdditions: JSONValue {
        guard var members = objectValue, var data = members["data"]?.objectValue else { return self }
        data["progress"] = nil
        data["context"] = nil
        members["data"] = .object(data)
        return .object(members)
    }

    /// The same value with the members of all objects in order of their names.
    fileprivate var withSortedMembers: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.withSortedMembers))
        case .object(let members):
            .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value.withSortedMembers) }))
        default: self
        }
    }
}
