package import HTTPTypes
package import Primitives

/// What the limits of a call say together: the call passes all of them and is counted by all, or by none.
package struct RateLimitDecision: Sendable, Hashable {
    /// Whether the call may go on.
    package let isAllowed: Bool
    /// The strictest limit: of those that refuse, the one with the longest wait; otherwise the one with the fewest calls left.
    package let policy: RateLimitCheck.Policy
    /// Its calls and window.
    package let limit: RateLimit
    /// Calls that it would allow right now.
    package let remaining: Int
    /// Time until it is wholly unused again.
    package let reset: Duration
    /// Time until it allows the next call; zero when that is now.
    package let retryAfter: Duration

    /// Whether this one decides, of two limits of a call.
    func isStricter(than other: RateLimitDecision) -> Bool {
        guard isAllowed == other.isAllowed else { return !isAllowed }
        return isAllowed ? remaining < other.remaining : retryAfter > other.retryAfter
    }

    /// `X-RateLimit-*` of the original, `RateLimit` and `RateLimit-Policy` of the IETF draft
    /// (draft-ietf-httpapi-ratelimit-headers-10: structured fields), and `Retry-After` for a refused call.
    /// - Parameter checks: All limits of the call, for `RateLimit-Policy`.
    package func headers(_ checks: [RateLimitCheck]) -> HTTPFields {
        var fields = HTTPFields()
        // Of a refused call the draft's `t` must not be later than Retry-After, which is at least a second.
        let wait = max(1, retryAfter.secondsRoundedUp)
        let resetSeconds = reset.secondsRoundedUp
        fields.append(HTTPField(name: .rateLimitLimit, value: String(limit.limit)))
        fields.append(HTTPField(name: .rateLimitRemaining, value: String(remaining)))
        fields.append(HTTPField(name: .rateLimitReset, value: String(resetSeconds)))
        let policies = checks.map {
            "\"\($0.policy.rawValue)\";q=\($0.limit.limit);w=\($0.limit.window.secondsRoundedUp)"
        }
        fields.append(HTTPField(name: .rateLimitPolicy, value: policies.joined(separator: ", ")))
        let time = isAllowed ? resetSeconds : wait
        fields.append(
            HTTPField(name: .rateLimitStructured, value: "\"\(policy.rawValue)\";r=\(remaining);t=\(time)"))
        if !isAllowed { fields.append(HTTPField(name: .retryAfter, value: String(wait))) }
        return fields
    }

    /// The same decision some time later.
    func later(by elapsed: Duration) -> RateLimitDecision {
        RateLimitDecision(
            isAllowed: isAllowed, policy: policy, limit: limit, remaining: remaining,
            reset: max(.zero, reset - elapsed), retryAfter: max(.zero, retryAfter - elapsed))
    }
}

extension HTTPField.Name {
    static let rateLimitLimit = HTTPField.Name(literal: "X-RateLimit-Limit")
    static let rateLimitRemaining = HTTPField.Name(literal: "X-RateLimit-Remaining")
    static let rateLimitReset = HTTPField.Name(literal: "X-RateLimit-Reset")
    static let rateLimitStructured = HTTPField.Name(literal: "RateLimit")
    static let rateLimitPolicy = HTTPField.Name(literal: "RateLimit-Policy")
}
