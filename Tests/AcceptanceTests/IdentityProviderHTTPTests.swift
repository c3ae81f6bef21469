import HTTPTypes
import JSONCoding
import NIOHTTP1
import PostgresTestSupport
import StackTestSupport
import Testing

@testable import TenantManagement

/// What requests to identity providers never do: wait without end, read without end, follow redirects.
@Suite struct IdentityProviderHTTPTests {
    private func send(
        _ fault: TestPeer.Fault, within limit: Duration = .seconds(20)
    ) async throws -> Result<IdentityProviderHTTP.Answer, IdentityProviderFailure> {
        let auth0 = FakeAuth0()
        let http = IdentityProviderHTTP()
        var result: Result<IdentityProviderHTTP.Answer, IdentityProviderFailure>?
        try await auth0.run { url in
            auth0.peer.fail("POST", pathEnd: "/oauth/token", fault)
            do throws(IdentityProviderFailure) {
                result = .success(
                    try await http.send(
                        .POST, "\(url)/oauth/token", token: "t", body: .json(["a": 1]), step: "trying",
                        deadline: .now + limit))
            } catch {
                result = .failure(error)
            }
            await http.shutdown()
        }
        return try #require(result)
    }

    @Test func `a silent provider runs into the deadline`() async throws {
        let result = try await send(.silence, within: .milliseconds(300))
        guard case .failure(.unavailable("trying", let reason)) = result else { throw TestFailure("\(result)") }
        #expect(!reason.contains("token"))
        let late = try await send(.silence, within: .milliseconds(-1))
        #expect(throws: IdentityProviderFailure.unavailable(step: "trying", reason: "it took too long altogether")) {
            try late.get()
        }
    }

    @Test func `a response that is too long is refused`() async throws {
        let result = try await send(.flood)
        #expect(throws: IdentityProviderFailure.unavailable(step: "trying", reason: "the answer is too long")) {
            try result.get()
        }
    }

    @Test func `redirects are not followed`() async throws {
        let result = try await send(.instead(.temporaryRedirect, headers: [.location: "http://127.0.0.1:1/"]))
        #expect(try result.get().status == 307)
    }

    @Test func `nothing is sent after shutdown`() async throws {
        let http = IdentityProviderHTTP()
        await http.shutdown()
        await #expect(throws: IdentityProviderFailure.self) {
            try await http.send(
                .GET, "http://127.0.0.1:1/", token: nil, body: .none, step: "x", deadline: .now + .seconds(1))
        }
    }
}
