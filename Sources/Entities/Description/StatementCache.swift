import PostgresClient
import Synchronization

/// Statements by the columns they write, so that a create does not spell its SQL anew every time. Bodies choose
/// which optional columns are written: the number of statements kept is bounded.
final class StatementCache: Sendable {
    private static let capacity = 256

    private let statements = Mutex<[[String]: PostgresStatement]>([:])

    func statement(for columns: [String], _ sql: ([String]) -> String) -> PostgresStatement {
        if let statement = statements.withLock({ $0[columns] }) { return statement }
        let statement = PostgresStatement(sql(columns))
        statements.withLock { statements in
            if statements.count < Self.capacity { statements[columns] = statement }
        }
        return statement
    }
}
