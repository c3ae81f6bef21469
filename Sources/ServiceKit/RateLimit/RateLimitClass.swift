/// A kind of operations whose calls are counted together.
package enum RateLimitClass: String, Sendable, CaseIterable {
    /// Single rows and what belongs to one.
    case read
    /// Changes.
    case write
    /// Lists, counts and searches.
    case search
    /// What strangers may call: registrations, their verification, signing in.
    case publicCalls = "public"
    /// Callbacks, events and notifications that other systems send.
    case callbacks = "webhook"
}
