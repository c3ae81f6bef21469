/// Why a signed call of a pipeline is not accepted. Only the log has the details.
enum CallbackError: Error, Sendable, Hashable {
    /// The signature or the timestamp is not valid, or the tenant is not being provisioned.
    case refused
}
