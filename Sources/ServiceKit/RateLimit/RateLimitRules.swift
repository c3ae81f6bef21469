/// The limits of calls that are not part of an operation: by address, by caller and by tenant, for each class of operations. A
/// value that can be replaced while the service runs (``RateLimiter/use(_:)``).
package struct RateLimitRules: Sendable, Hashable {
    /// The limits of one kind of subject. Without a limit, nothing is counted.
    package struct Limits: Sendable, Hashable {
        private var limits: [RateLimit?]

        package init(_ callsPerMinute: [RateLimitClass: Int] = [:]) {
            limits = RateLimitClass.allCases.map { rateClass in
                callsPerMinute[rateClass].flatMap { $0 > 0 ? RateLimit(limit: $0) : nil }
            }
        }

        subscript(rateClass: RateLimitClass) -> RateLimit? { limits[rateClass.index] }

        /// These limits where they say something, and those of `others` elsewhere.
        init(_ callsPerMinute: [RateLimitClass: Int], or others: Limits) {
            limits = RateLimitClass.allCases.map { rateClass in
                guard let calls = callsPerMinute[rateClass] else { return others[rateClass] }
                return calls > 0 ? RateLimit(limit: calls) : nil
            }
        }
    }

    /// All calls of one client address.
    package var requests: RateLimit?
    /// Calls of one client address.
    package var address: Limits
    /// Calls of one user or API key.
    package var caller: Limits
    /// Calls of all users and keys of one tenant, unless its plan has limits.
    package var tenant: Limits
    /// Calls of the tenants of a plan, by the name of its tier in upper case.
    package var plans: [String: Limits]
    /// Wrong credentials of one client address; those for one account are a tenth of it.
    package var failures: RateLimit?
    /// `PUBLIC_API_MAX_ATTEMPTS` and `WEBHOOK_API_MAX_ATTEMPTS`; nil: as the operations have it.
    package var publicAttempts: Int?
    package var callbackAttempts: Int?

    /// Makes rules that limit nothing unless they are given.
    package init(
        requests: RateLimit? = nil, address: Limits = Limits(), caller: Limits = Limits(), tenant: Limits = Limits(),
        plans: [String: Limits] = [:], failures: RateLimit? = nil
    ) {
        self.requests = requests
        self.address = address
        self.caller = caller
        self.tenant = tenant
        self.plans = plans
        self.failures = failures
    }

    /// A limit of an operation with the present value of its setting.
    func current(_ limit: RateLimit) -> RateLimit {
        let calls: Int? =
            switch limit.setting {
            case nil: nil
            case .publicAttempts: publicAttempts
            case .callbackAttempts(let times): callbackAttempts.map { $0 * times }
            }
        return calls.map { RateLimit(limit: $0, window: limit.window, setting: limit.setting) } ?? limit
    }

    /// Wrong secrets for one account.
    var accountFailures: RateLimit? { failures.map { RateLimit(limit: max(1, $0.limit / 10), window: $0.window) } }

    /// What applies to each class, in the order of their indices.
    var classes: [ClassLimits] { RateLimitClass.allCases.map(limits) }

    /// What applies to a class.
    func limits(of rateClass: RateLimitClass) -> ClassLimits {
        ClassLimits(
            requests: requests, address: address[rateClass], caller: caller[rateClass], tenant: tenant[rateClass],
            plans: plans.isEmpty ? nil : plans)
    }

    /// The limits of one class of operations.
    struct ClassLimits: Sendable {
        let requests: RateLimit?
        let address: RateLimit?
        let caller: RateLimit?
        let tenant: RateLimit?
        /// Nil when no plan has limits.
        let plans: [String: Limits]?

        /// Whether the caller has to be known before the limits are.
        var concernsCaller: Bool { caller != nil || tenant != nil || plans != nil }
    }
}

extension RateLimitClass {
    /// Its place among all cases.
    var index: Int {
        switch self {
        case .read: 0
        case .write: 1
        case .search: 2
        case .publicCalls: 3
        case .callbacks: 4
        }
    }
}
