/// Why a tenant cannot be created.
enum TenantError: Error, Sendable, Hashable {
    /// The lead is unknown, has not proven its e-mail address, or has a tenant already.
    case leadNotEligible
    /// The stored e-mail address of the lead is not valid.
    case leadAddressUnusable(String)
    /// The postal address of the request is not the lead's.
    case addressMismatch
    /// The contact's e-mail address is in none of the tenant's domains.
    case contactDomainMismatch
}
