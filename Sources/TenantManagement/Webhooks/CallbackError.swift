/// Why a signed call of a pipeline is not accepted. Callers are not told more: the log is.
enum CallbackError: Error, Sendable, Hashable {
    /// Signature or timestamp do not fit, or the tenant is not being provisioned.
    case refused
}
