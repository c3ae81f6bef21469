/// A five-character SQLSTATE code (PostgreSQL manual, appendix "PostgreSQL Error Codes").
package struct SQLState: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The code, five characters: digits and upper-case letters.
    package let code: String

    /// Makes a code from its five characters.
    package init(_ code: String) {
        self.code = code
    }

    package init(stringLiteral value: String) {
        self.init(value)
    }

    package var description: String { code }

    /// The first two characters: the class of the error.
    package var errorClass: Substring { code.prefix(2) }

    /// 23505: a unique constraint was violated.
    package static let uniqueViolation: SQLState = "23505"
    /// 23503: a foreign key was violated.
    package static let foreignKeyViolation: SQLState = "23503"
    /// 23502: NULL in a column that forbids it.
    package static let notNullViolation: SQLState = "23502"
    /// 23514: a check constraint was violated.
    package static let checkViolation: SQLState = "23514"
    /// 23P01: an exclusion constraint was violated.
    package static let exclusionViolation: SQLState = "23P01"
    /// 22001: a text is longer than its column.
    package static let stringDataRightTruncation: SQLState = "22001"
    /// 22003: a number is beyond the range of its type.
    package static let numericValueOutOfRange: SQLState = "22003"
    /// 22007: a text is not a date or a time.
    package static let invalidDatetimeFormat: SQLState = "22007"
    /// 22008: a date or a time is beyond the range of its type.
    package static let datetimeFieldOverflow: SQLState = "22008"
    /// 22012: division by zero. Guards of batches divide by the number of rows they found, so that finding none rolls
    /// back the whole batch: see ``PostgresError/isGuardViolation``.
    package static let divisionByZero: SQLState = "22012"
    /// 22021: a text has characters that do not exist in the encoding of the database.
    package static let characterNotInRepertoire: SQLState = "22021"
    /// 22025: a pattern for LIKE ends with its escape character.
    package static let invalidEscapeSequence: SQLState = "22025"
    /// 22030: JSON with a member that appears twice.
    package static let duplicateJSONObjectKey: SQLState = "22030"
    /// 22032: JSON that is malformed.
    package static let invalidJSONText: SQLState = "22032"
    /// 2201B: a regular expression is malformed.
    package static let invalidRegularExpression: SQLState = "2201B"
    /// 22P02: a text is not a value of the type.
    package static let invalidTextRepresentation: SQLState = "22P02"
    /// 22P03: bytes are not a value of the type.
    package static let invalidBinaryRepresentation: SQLState = "22P03"
    /// 22P05: a character has no equivalent in the encoding of the database.
    package static let untranslatableCharacter: SQLState = "22P05"
    /// 40001: serialization failure; run the transaction again.
    package static let serializationFailure: SQLState = "40001"
    /// 40P01: deadlock; run the transaction again.
    package static let deadlockDetected: SQLState = "40P01"
    /// 53100: the server's disk is full.
    package static let diskFull: SQLState = "53100"
    /// 55P03: a lock was not acquired in time.
    package static let lockNotAvailable: SQLState = "55P03"
    /// 57014: the statement was canceled, by its timeout or by request.
    package static let queryCanceled: SQLState = "57014"
    /// 57P01: the server is shutting down or the session was terminated by an administrator.
    package static let adminShutdown: SQLState = "57P01"
    /// 42501: the role lacks a privilege, or row-level security refused the row.
    package static let insufficientPrivilege: SQLState = "42501"
    /// 42P01: no such table.
    package static let undefinedTable: SQLState = "42P01"
    /// 42703: no such column.
    package static let undefinedColumn: SQLState = "42703"
    /// 42883: no such function, or none for these types.
    package static let undefinedFunction: SQLState = "42883"
    /// 3F000: no such schema.
    package static let invalidSchemaName: SQLState = "3F000"
    /// 42P04: a database of this name exists.
    package static let duplicateDatabase: SQLState = "42P04"
    /// 42601: syntax error.
    package static let syntaxError: SQLState = "42601"
    /// 25006: a write on a server or in a transaction that accepts none; after a failover, the demoted primary.
    package static let readOnlyTransaction: SQLState = "25006"
    /// 0A000: not supported; also "cached plan must not change result type".
    package static let featureNotSupported: SQLState = "0A000"
    /// 26000: no prepared statement of that name.
    package static let invalidStatementName: SQLState = "26000"
}
