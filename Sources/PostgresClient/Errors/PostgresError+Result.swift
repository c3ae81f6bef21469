import CLibpq

/// The codes of PQresultErrorField, which are character constants in C and therefore invisible to Swift
/// (`postgres_ext.h`).
private enum Field: Int32 {
    case sqlState = 0x43  // C
    case message = 0x4D  // M
    case detail = 0x44  // D
    case hint = 0x48  // H
    case position = 0x50  // P
    case schema = 0x73  // s
    case table = 0x74  // t
    case column = 0x63  // c
    case constraint = 0x6E  // n
    case routine = 0x52  // R
}

extension PostgresError {
    /// The error that a failed PGresult describes. Does not take ownership of it.
    static func from(result: OpaquePointer) -> PostgresError {
        func text(_ field: Field) -> String? {
            PQresultErrorField(result, field.rawValue).map { String(cString: $0) }
        }
        guard let code = text(.sqlState), !code.isEmpty else {
            let message = PQresultErrorMessage(result).map { String(cString: $0) }
            return PostgresError(.connection, "connection lost", serverMessage: message)
        }
        let fields = ServerFields(
            sqlState: SQLState(code), message: text(.message), detail: text(.detail), hint: text(.hint),
            schema: text(.schema), table: text(.table), column: text(.column), constraint: text(.constraint),
            position: text(.position).flatMap { Int($0) }, routine: text(.routine))
        return PostgresError(sqlState: SQLState(code), fields: fields)
    }

    /// The same error as the consequence of the task's cancellation.
    func asCancellation() -> PostgresError {
        sqlState == .queryCanceled
            ? PostgresError(sqlState: .queryCanceled, fields: fields ?? ServerFields(message: nil), kind: .cancelled)
            : self
    }
}
