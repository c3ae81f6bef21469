import Primitives

extension PostgresError: DependencyError {
    /// Whether the database is away, is not ready for this version of the program, or is held up by another session.
    ///
    /// Besides a missing connection these are: no answer in time, a lock that another session holds, a server that
    /// accepts no writes (a demoted primary), and a schema whose migrations or privileges are missing. A statement that
    /// ran into its own time limit is not among them, because the work itself may be what takes so long.
    package var isDependencyUnavailable: Bool {
        if isUnavailable || kind == .timeout { return true }
        return sqlState.map(Self.isOfUnreadyServer) ?? false
    }

    /// Whether the state says that the server is not ready for this version of the program, or held up by other sessions.
    package static func isOfUnreadyServer(_ state: SQLState) -> Bool {
        statesOfAnUnreadyServer.contains(state)
    }

    private static let statesOfAnUnreadyServer: Set<SQLState> = [
        .lockNotAvailable, .readOnlyTransaction, .insufficientPrivilege, .undefinedTable, .undefinedColumn,
        .undefinedFunction, .invalidSchemaName,
    ]
}
