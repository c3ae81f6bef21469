/// What servers are asked about themselves. Every role may ask; only `received_tli` is for roles with `pg_read_all_stats` (it is
/// NULL for others), and tells of a new timeline earlier than the control file does.
enum ReplicaStatements {
    /// System identifier, timeline and place of a primary. Fails on a replica.
    static let primary: PostgresStatement = """
        SELECT system_identifier, ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int8,
            pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::int8
        FROM pg_control_system()
        """

    /// System identifier, whether it is a replica, how far it has replayed, its timeline, and when it was started.
    static let replica: PostgresStatement = """
        SELECT control.system_identifier,
            CASE WHEN pg_is_in_recovery() THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::int8 END,
            greatest(point.timeline_id, recovery.min_recovery_end_timeline, receiver.received_tli)::int8,
            pg_postmaster_start_time()
        FROM pg_control_system() AS control, pg_control_checkpoint() AS point, pg_control_recovery() AS recovery
            LEFT JOIN pg_stat_wal_receiver AS receiver ON true
        """

    /// In front of each read: how far it has replayed, and when it was started. Each statement behind it sees at least that much,
    /// because it has a snapshot of its own; where it would not, or the server is no replica, there is no place.
    static let guarding: PostgresStatement = """
        SELECT CASE WHEN pg_is_in_recovery() AND current_setting('transaction_isolation') = 'read committed'
            THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::int8 END, pg_postmaster_start_time()
        """
}
