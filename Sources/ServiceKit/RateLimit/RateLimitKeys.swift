import Crypto
import Primitives

/// The subjects of limits. Keys contain no personal data and no secrets, only what is in the log of requests as well.
extension RateLimitCheck {
    static func operation(_ limit: RateLimit, _ operation: String, network: String) -> RateLimitCheck {
        RateLimitCheck(.operation, limit, key: "\(network)_\(operation)")
    }

    static func requests(_ limit: RateLimit, network: String) -> RateLimitCheck {
        RateLimitCheck(.requests, limit, key: "\(network)_requests")
    }

    static func address(_ limit: RateLimit, _ rateClass: RateLimitClass, network: String) -> RateLimitCheck {
        RateLimitCheck(.address, limit, key: "\(network)_class:\(rateClass.rawValue)")
    }

    static func caller(_ limit: RateLimit, _ rateClass: RateLimitClass, caller: String) -> RateLimitCheck {
        RateLimitCheck(.caller, limit, key: "caller:\(digest(caller))_class:\(rateClass.rawValue)")
    }

    static func tenant(_ limit: RateLimit, _ rateClass: RateLimitClass, tenant: Identifier) -> RateLimitCheck {
        RateLimitCheck(.tenant, limit, key: "tenant:\(tenant)_class:\(rateClass.rawValue)")
    }

    /// Calls about an account.
    package static func account(_ limit: RateLimit, operation: String, account: String) -> RateLimitCheck {
        RateLimitCheck(.account, limit, key: "account:\(digest(account))_\(operation)")
    }

    /// Wrong credentials from a network.
    static func failures(_ limit: RateLimit, network: String) -> RateLimitCheck {
        RateLimitCheck(.failures, limit, key: "\(network)_failures")
    }

    /// Wrong secrets for an account that exists or not.
    static func failures(_ limit: RateLimit, account: String) -> RateLimitCheck {
        RateLimitCheck(.failures, limit, key: "account:\(digest(account))_failures")
    }

    /// 128 bits: the same length for everything that a client may send.
    private static func digest(_ text: String) -> String {
        Hex.encode(SHA256.hash(data: Array(text.utf8)).prefix(16))
    }
}
