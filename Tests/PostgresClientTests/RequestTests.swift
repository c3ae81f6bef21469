import Testing

@testable import PostgresClient

@Suite struct RequestTests {
    @Test func `a statement's own timeout moves the deadline`() {
        let item = BoundStatement("SELECT 1")
        #expect(Request(items: [item]).statementTimeout == nil)
        let own = [PostgresSetting("statement_timeout", "60000")]
        #expect(Request(settings: own, items: [item]).statementTimeout == 60_000_000_000)
        #expect(Request(items: [item], inherited: own).statementTimeout == 60_000_000_000)
        let unknown = [PostgresSetting("statement_timeout", "1min")]
        #expect(Request(settings: unknown, items: [item], inherited: own).statementTimeout == 0, "the server's alone")
    }

    @Test func `settings become one statement`() {
        for count in [1, 2, 8, 9] {
            let item = Request.settingsItem((0..<count).map { PostgresSetting("a.n\($0)", "\($0)") })
            #expect(item.values.count == 2 * count)
            #expect(item.statement.sql.hasSuffix("set_config($\(2 * count - 1),$\(2 * count),true)"))
        }
    }
}
