/// How a provisioning ended, as callbacks and events report it (docs/contract/arc-api.md 9.5): the member `status`.
package enum ProvisioningResult: Int, Sendable {
    case failure = 0
    case success = 1
}
