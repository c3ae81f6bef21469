import Primitives
import Testing

@testable import Orchestrator

@Suite struct PostgresNameTests {
    @Test(arguments: ["acme", "a", "7", "tenant1"])
    func `names`(key: String) throws {
        let name = try SQLName(tenantKey: key)
        #expect(name.text == "tenant_\(key)")
        #expect(name.quoted == "\"tenant_\(key)\"")
    }

    @Test(arguments: ["", "Acme", "a_b", "a-b", "a\"; DROP", "ä", String(repeating: "a", count: 57)])
    func `other keys are refused permanently`(key: String) throws {
        let failure = try #require(throws: ProvisioningFailure.self) { _ = try SQLName(tenantKey: key) }
        #expect(failure.kind == .permanent)
    }

    /// The exchange of RFC 7677 section 3: user `user`, password `pencil`.
    @Test func `the verifier is that of RFC 7677`() throws {
        let salt = try #require(Hex.decode("5b6d99689d12358eeca04b141236fa81"))
        #expect(
            ScramVerifier.make(password: "pencil", salt: salt, iterations: 4096) == """
                SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:\
                wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=
                """)
    }

    @Test func `verifiers are salted`() {
        #expect(ScramVerifier.make(password: "pencil") != ScramVerifier.make(password: "pencil"))
    }
}
