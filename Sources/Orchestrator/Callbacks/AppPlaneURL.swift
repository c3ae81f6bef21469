import Primitives

/// The address of a tenant's application, made from a form such as `https://{key}.example.com`.
package struct AppPlaneURL: Sendable, Hashable {
    /// The form.
    package let template: String

    private static let placeholders = ["{key}", "{tenantId}", "{tier}"]

    /// - Returns: nil unless it is an http or https URL with no other placeholders than `{key}`, `{tenantId}`, `{tier}`.
    package init?(template: String) {
        let rest = Self.placeholders.reduce(template) { $0.replacing($1, with: "") }
        guard template.hasPrefix("http://") || template.hasPrefix("https://"), !rest.contains("{"), !rest.contains("}"),
            rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        self.template = template
    }

    /// The address for an event's tenant.
    func url(for event: ProvisioningEvent) -> String {
        template.replacing("{key}", with: event.tenantKey)
            .replacing("{tenantId}", with: event.tenantID.description)
            .replacing("{tier}", with: event.tier.lowercased())
    }
}
