import PostgresClient
import Primitives
import Testing

@testable import Entities

@Suite struct DependencyErrorTests {
    @Test(arguments: [RepositoryError.unavailable, .timeout, .contention, .unexpected(sqlState: SQLState("42P01"))])
    func `errors about the database are not failed attempts of the work`(error: RepositoryError) {
        #expect(error.isDependencyUnavailable)
    }

    @Test(arguments: [
        RepositoryError.notFound(entity: "Tenant", table: "tenants", id: "x"), .forbidden, .conflict(detail: ""),
        .unexpected(sqlState: nil), .unexpected(sqlState: SQLState("42601")), .cancelled,
    ])
    func `errors about the work are failed attempts`(error: RepositoryError) {
        #expect(!error.isDependencyUnavailable)
    }
}
