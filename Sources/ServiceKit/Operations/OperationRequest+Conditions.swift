package import Entities
import HTTPTypes
import JSONCoding

extension OperationRequest {
    /// Which versions of the row may be changed, from `If-Match` and `If-None-Match`; nil when neither was sent.
    /// - Throws: 400 when a header is not a list of entity tags.
    package func versionCondition() throws(HTTPFailure) -> VersionCondition? {
        let match = try tagList(.ifMatch)
        let noneMatch = try tagList(.ifNoneMatch)
        guard match != nil || noneMatch != nil else { return nil }
        var allowed: Set<Int64>?
        // Weak tags never match here (RFC 9110 section 13.1.1).
        if let match, match != .any { allowed = match.versions(includingWeak: false) }
        // A change needs a row, so the condition that no row exists never holds.
        if noneMatch == .any { allowed = [] }
        return VersionCondition(allowed: allowed, excluded: noneMatch?.versions(includingWeak: true) ?? [])
    }

    /// Whether the client has the representation already (`If-None-Match`).
    /// - Throws: 400 when the header is not a list of entity tags.
    package func has(_ tag: EntityTag) throws(HTTPFailure) -> Bool {
        try tagList(.ifNoneMatch)?.contains(tag) ?? false
    }

    private func tagList(_ name: HTTPField.Name) throws(HTTPFailure) -> EntityTagList? {
        guard let value = headers[name] else { return nil }
        guard let list = EntityTagList(header: value) else {
            throw .invalidParameter(
                name.rawName, value: .string(value),
                reason: "must be * or entity tags in quotation marks, such as \"7\"")
        }
        return list
    }

    /// What the client would like.
    package var preferences: Preferences { Preferences(header: headers[.prefer]) }
}
