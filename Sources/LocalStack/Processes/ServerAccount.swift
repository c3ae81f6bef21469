package import Glibc

/// The unprivileged account that PostgreSQL and Redis run as when `arc up` runs as root.
package struct ServerAccount: Sendable, Hashable {
    /// Its name, for messages.
    package let name: String
    /// Its user id.
    package let user: uid_t
    /// Its group id.
    package let group: gid_t

    /// The account to switch to: nil for an ordinary user (the servers run as that user), `postgres` for root.
    /// - Throws: `.noServerAccount` for root on a machine without that user.
    package static func forServers() throws(LocalStackError) -> ServerAccount? {
        guard geteuid() == 0 else { return nil }
        let name = "postgres"
        guard let entry = getpwnam(name) else { throw .noServerAccount(name: name) }
        return ServerAccount(name: name, user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
    }
}
