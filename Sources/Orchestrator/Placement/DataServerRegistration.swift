/// Compares the servers that are listed with those that are stored, and says what has to be stored and what must not
/// happen: a server that has tenants neither disappears nor changes its address.
struct DataServerRegistration: Sendable, Hashable {
    /// A row of `main.data_servers`.
    struct Stored: Sendable, Hashable {
        let id: Int
        let name: String
        let address: String
        let tenants: Int
    }

    /// A listed server.
    struct Listed: Sendable, Hashable {
        let name: String
        let address: String
    }

    private(set) var additions: [Listed] = []
    /// Servers with a new name at the same address, or without tenants at a new one.
    private(set) var changes: [Int: Listed] = [:]
    private(set) var removals: [Int] = []
    /// By the name of the server: why it cannot be as it is listed.
    private(set) var problems: [String: String] = [:]

    init(listed: [Listed], stored: [Stored]) {
        let byName = Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }
        let names = Set(listed.map(\.name))
        var kept: Set<Int> = []
        for server in listed {
            if let known = byName[server.name] {
                kept.insert(known.id)
                guard known.address != server.address else { continue }
                guard known.tenants == 0 else {
                    problems[server.name] = """
                        data server \(server.name) has \(known.tenants) tenants at \(known.address), so its address cannot \
                        change: let the old host name lead to the new machine, or list the new one under another name and \
                        move the tenants
                        """
                    continue
                }
                changes[known.id] = server
            } else if let renamed = stored.first(where: { $0.address == server.address && !names.contains($0.name) }) {
                kept.insert(renamed.id)
                changes[renamed.id] = server
            } else {
                additions.append(server)
            }
        }
        for server in stored where !kept.contains(server.id) {
            guard server.tenants == 0 else {
                problems[server.name] = """
                    data server \(server.name) has \(server.tenants) tenants and is not listed any more: add it again, drain \
                    it, and move its tenants first
                    """
                continue
            }
            removals.append(server.id)
        }
    }

    var changesNothing: Bool { additions.isEmpty && changes.isEmpty && removals.isEmpty }
}
