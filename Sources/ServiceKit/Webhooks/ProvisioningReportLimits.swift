/// What a callback of a provisioning may carry: the sender checks what the receiver asks for, so that a report which can
/// never be accepted fails the run at once and with its reason.
package enum ProvisioningReportLimits {
    /// Most resources in one report.
    package static let maximumResources = 500
    /// Most characters of a resource's type.
    package static let maximumTypeLength = 100
    /// Most characters of a resource's external identifier.
    package static let maximumIdentifierLength = 200
    /// Most bytes of all resources as JSON.
    package static let maximumBytes = 768 * 1024
}
