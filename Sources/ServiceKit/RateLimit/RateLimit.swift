package import Primitives

/// So many calls in so much time.
package struct RateLimit: Sendable, Hashable {
    /// Calls that may come at once, and the most that come through in one window on average. At least 1.
    package let limit: Int
    /// The window.
    package let window: Duration
    /// The setting that it is made of, if that can change while the service runs.
    let setting: Setting?

    /// A setting of the original for calls per minute.
    package enum Setting: Sendable, Hashable {
        /// `PUBLIC_API_MAX_ATTEMPTS`.
        case publicAttempts
        /// `WEBHOOK_API_MAX_ATTEMPTS`, times a number.
        case callbackAttempts(times: Int)
    }

    /// Makes one from its parts.
    package init(limit: Int, window: Duration = .seconds(60), setting: Setting? = nil) {
        self.limit = max(1, limit)
        self.window = window
        self.setting = setting
    }

    /// Microseconds after which one more call is allowed when the limit is used up.
    var emissionInterval: Int64 { max(1, window.microseconds / Int64(limit)) }
}

/// One limit that a request has to pass, and the subject whose calls it counts.
package struct RateLimitCheck: Sendable, Hashable {
    /// What a limit counts, as the headers name it.
    package enum Policy: String, Sendable {
        /// Calls of one operation by one client address.
        case operation
        /// All calls by one client address.
        case requests
        /// Calls of one class by one client address.
        case address
        /// Calls of one class by one user or API key.
        case caller
        /// Calls of one class by all users and keys of one tenant.
        case tenant
        /// Calls about one account, such as an e-mail address, whoever makes them.
        case account
        /// Wrong credentials.
        case failures
    }

    let policy: Policy
    let limit: RateLimit
    /// The subject and what is counted of it, without the prefix of all keys.
    let key: String

    package init(_ policy: Policy, _ limit: RateLimit, key: String) {
        self.policy = policy
        self.limit = limit
        self.key = key
    }
}
