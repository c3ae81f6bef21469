import DNSClient

/// Why a domain of a tenant cannot be shown or changed.
enum DomainError: Error, Sendable, Hashable {
    /// There is no such tenant, it is not the caller's, or it has no such domain.
    case notFound
    /// The tenant has or claims the domain already.
    case alreadyClaimed
    /// The tenant claims as many domains as it may.
    case tooMany(limit: Int)
    /// Another tenant holds the domain.
    case held
    /// The domain is a mail provider's or a public suffix.
    case belongsToEverybody
    /// The record is missing, or says something else.
    case notProven(record: String, value: String, found: Int)
    /// The record could not be read.
    case lookupFailed(DNSError)
    /// The domain is not proven, so it cannot be released.
    case notHeld
    /// The domain was changed by somebody else meanwhile.
    case changedMeanwhile
}
