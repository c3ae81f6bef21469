/// What a signed callback to tenant management is about: the member `type` (docs/contract/arc-api.md 9.5). The first is the
/// original's.
package struct CallbackType: Sendable, Hashable {
    /// As callbacks have it.
    package let number: Int
    /// For people.
    package let name: String

    /// A type; numbers are never given twice.
    package init(_ number: Int, _ name: String) {
        self.number = number
        self.name = name
    }

    /// How provisioning ended, and what was made.
    package static let resourcesProvisioned = CallbackType(0, "RESOURCES_PROVISIONED")
    /// How deprovisioning ended, and what was removed.
    package static let resourcesDeprovisioned = CallbackType(1, "RESOURCES_DEPROVISIONED")
    /// How a move ended, and what the tenant has now.
    package static let resourcesMoved = CallbackType(3, "RESOURCES_MOVED")
    /// How far a workflow is.
    package static let progress = CallbackType(2, "PROVISIONING_PROGRESS")
}
