package import HTTPTypes
import Primitives

/// What a client would like (`Prefer`, RFC 7240). Preferences that are not known are ignored, as the RFC demands.
package struct Preferences: Sendable, Hashable {
    /// `return=representation`: changes answer the changed row.
    package let wantsRepresentation: Bool
    /// `count=exact`: lists say how many rows there are on all pages.
    package let wantsTotalCount: Bool

    /// Reads the header's value; nil stands for no header.
    init(header: String?) {
        var names: Set<String> = []
        for preference in (header ?? "").split(separator: ",") {
            let text = preference.prefix { $0 != ";" }.trimmingSpaces().lowercased()
            names.insert(text.filter { $0 != " " && $0 != "\"" })
        }
        wantsRepresentation = names.contains("return=representation")
        wantsTotalCount = names.contains("count=exact")
    }
}

extension HTTPField.Name {
    /// RFC 7240.
    static let prefer = HTTPField.Name(literal: "Prefer")
    /// RFC 7240: which preferences were followed.
    package static let preferenceApplied = HTTPField.Name(literal: "Preference-Applied")
    /// RFC 8288.
    package static let link = HTTPField.Name(literal: "Link")
    /// Rows on all pages of a list.
    package static let totalCount = HTTPField.Name(literal: "X-Total-Count")
    /// The client's name for a request that must have its effect once.
    static let idempotencyKey = HTTPField.Name(literal: "Idempotency-Key")
    /// Set on an answer that was given before.
    static let idempotencyReplayed = HTTPField.Name(literal: "Idempotency-Replayed")
}
