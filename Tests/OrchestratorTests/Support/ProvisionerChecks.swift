import PostgresClient
import PostgresTestSupport
import Testing

@testable import Orchestrator

/// Provisions an event and returns its only resource.
func provision(_ provisioner: some Provisioner, _ test: TestEvent) async throws -> TenantResource {
    guard case .provisioned(let resources, nil) = try await provisioner.provision(try test.event()) else {
        throw ProvisioningFailure.permanent("delegated")
    }
    #expect(resources.count == 1)
    return try #require(resources.first)
}

/// Expects a permanent failure whose reason contains a text.
func expectPermanent(_ fragment: String, _ body: () async throws -> Void) async {
    do {
        try await body()
        Issue.record("nothing was thrown")
    } catch let failure as ProvisioningFailure {
        #expect(failure.kind == .permanent)
        #expect(failure.reason.contains(fragment), "\(failure)")
    } catch {
        Issue.record(error)
    }
}

/// Runs a statement that must fail for lack of privilege; some only warn and change nothing.
func expectRefused(_ pool: PostgresPool, _ sql: String, or code: SQLState? = nil) async {
    do {
        try await pool.execute(sql)
        if code != "01007" { Issue.record("was allowed: \(sql)") }
    } catch let error as PostgresError {
        #expect(error.sqlState == .insufficientPrivilege, "\(sql): \(error)")
    } catch {
        Issue.record(error)
    }
}

/// Whether what PostgreSQL has stored is made of the password.
func isVerifier(_ text: String, of password: String) -> Bool {
    let fields = text.split(separator: "$")
    guard fields.count == 3, let salt = fields[1].split(separator: ":").last, let bytes = Base64.decode(String(salt))
    else { return false }
    return ScramVerifier.make(password: password, salt: bytes) == text
}
