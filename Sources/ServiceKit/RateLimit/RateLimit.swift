package import HTTPTypes
import Primitives

/// So many calls in so much time.
package struct RateLimit: Sendable, Hashable {
    /// Calls that may come at once, and the most that come through in one window on average. At least 1.
    package let limit: Int
    /// The window.
    package let window: Duration

    /// Makes one from its parts.
    package init(limit: Int, window: Duration = .seconds(60)) {
        self.limit = max(1, limit)
        self.window = window
    }

    /// Microseconds after which one more call is allowed when the limit is used up.
    var emissionInterval: Int64 { max(1, window.microseconds / Int64(limit)) }
}

/// What a limit says of one call, and the headers of its answer (docs/contract/protocols.md 4.1 and 4.2).
package struct RateLimitDecision: Sendable, Hashable {
    /// Whether the call may go on.
    package let isAllowed: Bool
    /// The limit that was asked.
    package let limit: Int
    /// Calls that would be allowed right now.
    package let remaining: Int
    /// Time until the limit is wholly unused again.
    package let reset: Duration
    /// Time until the next call is allowed; zero when it is allowed now.
    package let retryAfter: Duration

    /// Legacy `X-RateLimit-*` (ARC's), the IETF draft's `RateLimit`, and `Retry-After` for a refused call.
    package var headers: HTTPFields {
        var fields = HTTPFields()
        let resetSeconds = reset.secondsRoundedUp
        fields.append(HTTPField(name: .rateLimitLimit, value: String(limit)))
        fields.append(HTTPField(name: .rateLimitRemaining, value: String(remaining)))
        fields.append(HTTPField(name: .rateLimitReset, value: String(resetSeconds)))
        fields.append(HTTPField(name: .rateLimitStructured, value: "\"default\";r=\(remaining);t=\(resetSeconds)"))
        if !isAllowed {
            fields.append(HTTPField(name: .retryAfter, value: String(max(1, retryAfter.secondsRoundedUp))))
        }
        return fields
    }
}

/// The generic cell rate algorithm: one number for each client, no burst at window boundaries.
enum GenericCellRate {
    /// - Parameters:
    ///   - theoreticalArrival: The stored number, microseconds since 1970; nil for a new client.
    ///   - now: Microseconds since 1970.
    /// - Returns: The decision, and the number to store, nil when the call is refused.
    static func decide(
        _ limit: RateLimit, theoreticalArrival: Int64?, now: Int64
    ) -> (decision: RateLimitDecision, store: Int64?) {
        let interval = limit.emissionInterval
        let arrival = max(theoreticalArrival ?? now, now)
        let next = arrival + interval
        let allowedFrom = next - interval * Int64(limit.limit)
        if now < allowedFrom {
            let decision = RateLimitDecision(
                isAllowed: false, limit: limit.limit, remaining: 0, reset: .microseconds(arrival - now),
                retryAfter: .microseconds(allowedFrom - now))
            return (decision, nil)
        }
        let decision = RateLimitDecision(
            isAllowed: true, limit: limit.limit, remaining: Int((now - allowedFrom) / interval),
            reset: .microseconds(next - now), retryAfter: .zero)
        return (decision, next)
    }
}

extension HTTPField.Name {
    static let rateLimitLimit = HTTPField.Name(literal: "X-RateLimit-Limit")
    static let rateLimitRemaining = HTTPField.Name(literal: "X-RateLimit-Remaining")
    static let rateLimitReset = HTTPField.Name(literal: "X-RateLimit-Reset")
    static let rateLimitStructured = HTTPField.Name(literal: "RateLimit")
}
