import HTTPTypes
import Primitives

/// The limits of one operation's calls.
struct OperationLimits: Sendable {
    let limiter: RateLimiter
    /// Nil for a service without tenants.
    let plans: TenantPlans?

    private let operation: Operation
    private let rateClass: RateLimitClass?
    private let name: String

    init(_ operation: Operation, limiter: RateLimiter, plans: TenantPlans?) {
        self.operation = operation
        self.limiter = limiter
        self.plans = plans
        rateClass = operation.rateLimitClass
        name = "\(operation.method.rawValue) \(operation.path)"
    }

    /// The limits of a call before anything else is known of it than where it comes from.
    /// - Throws: 429 for a call that is known to be refused, which costs nothing more.
    func begin(at address: ClientAddress) throws(HTTPFailure) -> CallLimits? {
        guard let rateClass else { return nil }
        let limits = limiter.limits(of: rateClass)
        var checks: [RateLimitCheck] = []
        if operation.rateLimit != nil || limits.requests != nil || limits.address != nil {
            let network = address.network
            if let limit = operation.rateLimit {
                checks.append(.operation(limiter.current(limit), name, network: network))
            }
            if let limit = limits.requests { checks.append(.requests(limit, network: network)) }
            if let limit = limits.address { checks.append(.address(limit, rateClass, network: network)) }
            if let refusal = limiter.knownRefusal(checks) { throw .tooManyRequests(headers: refusal.headers(checks)) }
        }
        let concernsCaller = operation.security.hasIdentity && limits.concernsCaller
        guard !checks.isEmpty || concernsCaller || operation.accountLimit != nil else { return nil }
        return CallLimits(rateClass: rateClass, limits: limits, checks: checks, concernsCaller: concernsCaller)
    }

    /// Counts a call by all of its limits at once.
    /// - Parameters:
    ///   - caller: Who calls; nil when nobody is known.
    ///   - account: What the call is about; nil when the operation does not ask for it.
    /// - Returns: The headers of the response.
    /// - Throws: 429 for a call that may not go on.
    func count(
        _ call: CallLimits, caller: Identity?, account: RateLimitCheck?
    ) async throws(HTTPFailure) -> HTTPFields {
        var checks = call.checks
        if let caller {
            if let limit = call.limits.caller {
                checks.append(.caller(limit, call.rateClass, caller: caller.keyOwner.text))
            }
            if case .tenantUser(let tenant) = caller.kind, let limit = await limit(of: tenant, call) {
                checks.append(.tenant(limit, call.rateClass, tenant: tenant))
            }
        }
        if let account { checks.append(account) }
        guard let decision = await limiter.check(checks) else { return [:] }
        let headers = decision.headers(checks)
        guard decision.isAllowed else { throw .tooManyRequests(headers: headers) }
        return headers
    }

    private func limit(of tenant: Identifier, _ call: CallLimits) async -> RateLimit? {
        guard let byPlan = call.limits.plans, let plans, let plan = await plans.plan(of: tenant),
            let limits = byPlan[plan]
        else { return call.limits.tenant }
        return limits[call.rateClass]
    }

    /// The limit of calls about the account that a call names.
    func account(of call: OperationRequest) -> RateLimitCheck? {
        guard let limit = operation.accountLimit, let account = limit.account(call) else { return nil }
        return .account(limiter.current(limit.limit), operation: limit.name, account: account)
    }

    /// Counts wrong credentials.
    /// - Throws: 429 instead of the 401 when there were too many. Requests with valid ones go on, whoever else is behind the
    ///   same address.
    func countFailure(_ headers: HTTPFields, at address: ClientAddress) async throws(HTTPFailure) {
        guard operation.security.hasIdentity else { return }
        let rules = limiter.rules
        guard let limit = rules.failures,
            headers[.authorization] != nil || headers[.apiKey] != nil || headers[.cookie] != nil
        else { return }
        var checks = [RateLimitCheck.failures(limit, network: address.network)]
        // Somebody who tries secrets for one key from many addresses.
        if let account = Self.shownPart(ofKeyIn: headers), let limit = rules.accountFailures {
            checks.append(.failures(limit, account: account))
        }
        try await limiter.require(checks)
    }

    /// What lists show of the API key that a request has sent, right or wrong.
    private static func shownPart(ofKeyIn headers: HTTPFields) -> String? {
        let bearer = try? RequestCredentials.bearerToken(headers)
        guard let text = headers[.apiKey] ?? bearer, APIKeyText.isMeant(by: text) else { return nil }
        return String(text.prefix(APIKeyText.shownLength))
    }
}

/// The limits of a call, as far as they are known before its caller is.
struct CallLimits: Sendable {
    let rateClass: RateLimitClass
    let limits: RateLimitRules.ClassLimits
    let checks: [RateLimitCheck]
    /// Whether the caller has to be known before the call is counted.
    let concernsCaller: Bool
}

extension HTTPField.Name {
    fileprivate static let apiKey = HTTPField.Name(literal: "x-api-key")
}

extension OperationSecurity {
    /// Whether the credentials of a request say who calls.
    var hasIdentity: Bool {
        if case .bearer = self { true } else { false }
    }
}
