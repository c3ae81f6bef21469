import Primitives

/// When credentials are fetched, used and kept. Pure state.
struct CredentialsState: Sendable {
    /// What a caller does.
    enum Decision: Sendable, Hashable {
        case use(AWSCredentials)
        /// They are still valid, but will expire soon: this caller starts to fetch new ones.
        case useAndRenew(AWSCredentials)
        /// No credentials can be used: fetch new ones, or wait for the caller that fetches them.
        case wait
    }

    /// Credentials that expire within this time are not used any more, because a request takes a while.
    static let margin = Duration.seconds(30)
    /// They are renewed that long before they expire, or at three quarters of a shorter life.
    static let renewalTime = Duration.seconds(900)
    /// After a renewal that failed, valid ones are used for that long before the next attempt.
    static let pause = Duration.seconds(20)

    private var current: AWSCredentials?
    private var renewAt: Timestamp?
    private var notBefore: Timestamp?
    private var isRenewing = false

    mutating func decide(now: Timestamp) -> Decision {
        guard let current else { return .wait }
        guard let expiration = current.expiration else { return .use(current) }
        guard now.adding(Self.margin) < expiration else { return .wait }
        guard let renewAt, now >= renewAt, !isRenewing, notBefore.map({ now >= $0 }) ?? true else {
            return .use(current)
        }
        isRenewing = true
        return .useAndRenew(current)
    }

    mutating func fetched(_ credentials: AWSCredentials, now: Timestamp) {
        current = credentials
        isRenewing = false
        notBefore = nil
        renewAt = credentials.expiration.map { expiration in
            let life = max(expiration.duration(since: now), .zero)
            return expiration.adding(.zero - min(Self.renewalTime, life / 4))
        }
    }

    mutating func failed(now: Timestamp) {
        isRenewing = false
        notBefore = now.adding(Self.pause)
    }

    /// Forgets credentials that a service has refused, unless they were replaced meanwhile.
    mutating func refused(_ credentials: AWSCredentials) {
        guard current == credentials, credentials.expiration != nil else { return }
        current = nil
    }
}
