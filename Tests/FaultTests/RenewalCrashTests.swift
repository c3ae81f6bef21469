import JSONCoding
import PostgresClient
import PostgresTestSupport
import StackTestSupport
import Testing

/// What is billed when the nodes that bill are killed.
@Suite(.timeLimit(.minutes(20))) struct RenewalCrashTests {
    @Test func `two nodes that are killed twice issue each invoice once, with numbers without a gap`() async throws {
        let count = 200
        try await RenewalNodes.run { nodes in
            try await nodes.store(count, tenants: 30)
            for invoices in [60, 120] {
                try await nodes.killInTheMiddle(2, after: invoices)
                let issued = try await nodes.invoices()
                #expect(issued >= invoices && issued < count, "\(issued)")
            }
            try await nodes.openGate()
            try await nodes.restart()
            try await eventually("everything is billed", within: .seconds(300)) {
                try await nodes.invoices() >= count
            }
            let database = nodes.database
            try await eventually("nothing is due") {
                try await database.count(
                    "SELECT count(*) FROM main.subscription_billing WHERE due_at <= now() OR claim IS NOT NULL") == 0
            }
            #expect(try await nodes.invoices() == count)
            #expect(
                try await database.count("SELECT count(DISTINCT (subscription_id, ordinal)) FROM main.invoice") == count
            )
            let numbers = try await database.texts(
                """
                SELECT concat_ws(' ', min(sequence), max(sequence), count(DISTINCT sequence), count(DISTINCT series))
                FROM main.invoice
                """)
            #expect(numbers == ["1 \(count) \(count) 1"])
            let totals = try await database.texts(
                "SELECT DISTINCT concat_ws(' ', invoice.total, billing.issued, billing.next_due_on > now(), billing.parked_on IS NULL) FROM main.invoice JOIN main.subscription_billing AS billing ON billing.id = invoice.subscription_id"
            )
            #expect(totals == ["2550 1 t t"])
        }
    }
}
