import Configuration
import ConfigurationChecks
import Entities
import HTTPTypes
import Primitives
import Testing

@testable import ServiceKit

@Suite struct RateLimitRulesTests {
    private func rules(_ environment: [String: String] = [:]) throws(ConfigurationFailure) -> RateLimitRules {
        try RateLimitRules(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment)))
    }

    @Test func `by default a tenant is limited where calls cost queries, and cached reads are not counted`() throws {
        let rules = try rules()
        #expect(rules.limits(of: .write).tenant == RateLimit(limit: 3000))
        #expect(rules.limits(of: .search).tenant == RateLimit(limit: 6000))
        #expect(rules.failures == RateLimit(limit: 6000) && rules.accountFailures == RateLimit(limit: 600))
        let read = rules.limits(of: .read)
        #expect(read.requests == nil && read.address == nil && !read.concernsCaller)
    }

    @Test func `limits are read by class, and 0 limits nothing`() throws {
        let rules = try rules([
            "RATE_LIMIT_REQUEST_CAP": "100", "RATE_LIMIT_ADDRESS": "read=600, public=5", "RATE_LIMIT_CALLER": "write=7",
            "RATE_LIMIT_TENANT": "write=0", "RATE_LIMIT_FAILURES": "0",
        ])
        #expect(rules.requests == RateLimit(limit: 100) && rules.failures == nil)
        #expect(rules.address[.read] == RateLimit(limit: 600) && rules.address[.publicCalls] == RateLimit(limit: 5))
        #expect(rules.caller[.write] == RateLimit(limit: 7) && rules.caller[.read] == nil)
        #expect(rules.tenant[.write] == nil && rules.tenant[.search] == nil)
    }

    @Test(arguments: [
        ["RATE_LIMIT_ADDRESS": "reads=1"], ["RATE_LIMIT_CALLER": "read"], ["RATE_LIMIT_TENANT": "read=-1"],
        ["RATE_LIMIT_TENANT": "read=1,read=2"], ["RATE_LIMIT_TENANT": "read=1000001"], ["RATE_LIMIT_TENANT": "read=1,"],
        ["RATE_LIMIT_REQUEST_CAP": "many"], ["RATE_LIMIT_FAILURES": "-1"], ["RATE_LIMITS_FILE": "/nonexistent"],
    ])
    func `a wrong setting is an error that names it`(environment: [String: String]) throws {
        let failure = #expect(throws: ConfigurationFailure.self) { try rules(environment) }
        #expect(failure?.key == environment.keys.first)
    }

    @Test func `limits of operations follow their setting`() throws {
        let rules = try rules(["PUBLIC_API_MAX_ATTEMPTS": "5", "WEBHOOK_API_MAX_ATTEMPTS": "7"])
        let limiter = RateLimiter(redis: nil, prefix: "", clock: SystemClock())
        let started = RateLimit(limit: 10, setting: .publicAttempts)
        #expect(limiter.current(started).limit == 10)
        limiter.use(rules)
        #expect(limiter.current(started).limit == 5 && limiter.current(RateLimit(limit: 10)).limit == 10)
        #expect(limiter.current(RateLimit(limit: 1, setting: .callbackAttempts(times: 10))).limit == 70)
    }

    @Test func `the file replaces what it names, and a plan has the limits of tenants elsewhere`() throws {
        var rules = try rules(["RATE_LIMIT_TENANT": "write=10,search=20", "RATE_LIMIT_ADDRESS": "read=1"])
        try rules.merge(
            Array(
                #"""
                {"requests": 9, "address": {"read": 0}, "tenant": {"write": 11},
                 "plans": {"premium": {"write": 0, "read": 5}, "BASIC": {}}}
                """#.utf8))
        #expect(rules.requests == RateLimit(limit: 9) && rules.address[.read] == nil)
        #expect(rules.tenant[.write] == RateLimit(limit: 11) && rules.tenant[.search] == RateLimit(limit: 20))
        let premium = try #require(rules.plans["PREMIUM"])
        #expect(premium[.write] == nil && premium[.read] == RateLimit(limit: 5))
        #expect(premium[.search] == RateLimit(limit: 20))
        #expect(rules.plans["BASIC"] == rules.tenant)
        #expect(rules.limits(of: .read).concernsCaller)
    }

    @Test func `everything that is wrong with the file is said at once`() throws {
        var rules = RateLimitRules()
        let failure = try #require(
            #expect(throws: ConfigurationFailure.self) {
                try rules.merge(
                    Array(
                        #"{"requests": "1", "tenants": {}, "address": {"reads": 1}, "caller": 1, "plans": {"A": {"read": -1}, "a": {}}}"#
                            .utf8))
            })
        #expect(failure.key == "RATE_LIMITS_FILE")
        for part in [#""requests""#, #""tenants""#, "address/reads", #""caller""#, "plans/A/read", "plan a twice"] {
            #expect(failure.reason.contains(part), "\(part): \(failure.reason)")
        }
        #expect(throws: ConfigurationFailure.self) { try rules.merge(Array("[]".utf8)) }
        #expect(throws: ConfigurationFailure.self) { try rules.merge(Array("{".utf8)) }
        #expect(throws: ConfigurationFailure.self) { try rules.merge(Array(#"{"requests": 1, "requests": 2}"#.utf8)) }
    }

    private func operation(
        _ method: HTTPRequest.Method, _ path: String, _ security: OperationSecurity, query: String? = nil
    ) -> ServiceKit.Operation {
        ServiceKit.Operation(
            method, path, id: "X.x", summary: "", security: security,
            parameters: query.map { [OperationParameter($0, in: .query, schema: .string(), description: "")] } ?? [],
            responses: [], handler: .anonymous { _ in .noContent })
    }

    @Test func `an operation has the class of what it costs`() {
        let bearer = OperationSecurity.bearer(permissions: [])
        #expect(operation(.get, "/x/{id}", bearer, query: "filter").rateLimitClass == .read)
        #expect(operation(.get, "/x", bearer, query: "filter").rateLimitClass == .search)
        #expect(operation(.get, "/x/count", bearer, query: "where").rateLimitClass == .search)
        #expect(operation(.patch, "/x", bearer, query: "where").rateLimitClass == .write)
        #expect(operation(.post, "/x", .none).rateLimitClass == .publicCalls)
        #expect(operation(.post, "/x", .leadKey).rateLimitClass == .publicCalls)
        for security in [OperationSecurity.signature, .basic, .eventSender] {
            #expect(operation(.post, "/x", security).rateLimitClass == .callbacks)
        }
        #expect(operation(.get, "/ping", .none).withoutLimits().rateLimitClass == nil)
    }

    @Test func `a plan is looked up once a minute, and a database that does not answer changes no limit`() async {
        let world = PlanLookups()
        let plans = TenantPlans(now: { world.now }) { _ in try world.lookup() }
        let tenant = Identifier.v4()
        #expect(await plans.plan(of: tenant) == "PREMIUM")
        world.change { $0.plan = "basic" }
        #expect(await plans.plan(of: tenant) == "PREMIUM" && world.lookups == 1)
        world.change { $0.plan = nil }
        world.change { $0.now += TenantPlans.lifetime }
        #expect(await plans.plan(of: tenant) == "PREMIUM" && world.lookups == 2, "the lookup has failed")
        world.change { $0.plan = "basic" }
        world.change { $0.now += TenantPlans.retryDelay }
        #expect(await plans.plan(of: tenant) == "BASIC" && world.lookups == 3)
    }
}
