/// Why a lead cannot be registered or verified.
enum LeadError: Error, Sendable, Hashable {
    /// Another lead has proven the e-mail address.
    case addressTaken
    /// The key is unknown, used, expired, or another lead's.
    case keyRefused
}
