import PostgresTestSupport
import Synchronization

@testable import Subscription

extension TestDatabase {
    /// What `arc billing check` finds.
    func billingCheck(
        _ options: BillingCheck.Options = .init()
    ) async throws -> (findings: [BillingFinding], summary: BillingCheck.Summary) {
        try await withPool { pool in
            let findings = Mutex<[BillingFinding]>([])
            let summary = try await BillingCheck(pool: pool, options: options).run { progress in
                if case .finding(let finding) = progress { findings.withLock { $0.append(finding) } }
            }
            return (findings.withLock { $0 }, summary)
        }
    }
}
