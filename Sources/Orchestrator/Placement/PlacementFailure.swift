/// Why a tenant has no data server now. The reasons say what to do and contain no secrets.
struct PlacementFailure: Error, Sendable, Hashable, CustomStringConvertible {
    enum Kind: Sendable, Hashable {
        /// It may pass: something is away, or all servers are full at the moment.
        case waiting
        /// The configuration or the tenant has to change first.
        case permanent
    }

    let kind: Kind
    let reason: String

    var description: String { reason }

    static func full(_ request: PlacementRequest) -> PlacementFailure {
        PlacementFailure(
            kind: .waiting,
            reason: """
                every data server for \(request.need) is full or drained: add a server to DATA_SERVERS_FILE, or raise a \
                capacity
                """)
    }

    static func unfit(_ request: PlacementRequest) -> PlacementFailure {
        PlacementFailure(
            kind: .permanent,
            reason: """
                no data server is for \(request.need): add a server with these labels to DATA_SERVERS_FILE, or correct the \
                plan
                """)
    }

    static func missing(_ server: String) -> PlacementFailure {
        PlacementFailure(
            kind: .waiting,
            reason: "the tenant's data server \(server) is not in DATA_SERVERS_FILE: add it again")
    }

    static func away(_ server: String) -> PlacementFailure {
        PlacementFailure(kind: .waiting, reason: "data server \(server) cannot be reached")
    }

    static func busy(_ server: String) -> PlacementFailure {
        PlacementFailure(kind: .waiting, reason: "data server \(server) is busy with other tenants")
    }

    static func database(_ description: String) -> PlacementFailure {
        PlacementFailure(kind: .waiting, reason: "the placement cannot be read or stored: \(description)")
    }
}
