/// Whether a replica may answer, and if not, why.
package enum ReplicaStanding: String, Sendable, Hashable, CaseIterable {
    case usable
    /// It was not asked yet.
    case unknown
    /// It is too far behind the primary, or it is not known how far.
    case lagging
    /// It does not respond.
    case unreachable
    /// It is not a replica, or no longer.
    case promoted
    /// It does not follow the timeline of the primary: it still follows the server that was the primary before, or has not recorded
    /// the new timeline yet.
    case otherTimeline = "other timeline"
    /// It belongs to another cluster.
    case otherCluster = "other cluster"
}

/// What a replica has said about itself.
struct ReplicaObservation: Sendable {
    let systemIdentifier: Int64
    /// Nil for a server that is no replica.
    let replayed: UInt64?
    let timeline: UInt32
    /// When it was started: what was found out about a server does not hold for another one in its place.
    let startedAt: Int64
}

/// What is known about a replica. Pure: the caller asks the server.
struct ReplicaStatus: Sendable {
    private(set) var standing = ReplicaStanding.unknown
    private(set) var replayed: UInt64 = 0
    private(set) var timeline: UInt32 = 0
    private(set) var startedAt: Int64 = 0
    /// How far it is behind the primary; nil if that is not known.
    private(set) var lag: Duration?

    /// It was asked in its turn.
    mutating func observe(
        _ observation: ReplicaObservation, of systemIdentifier: Int64, progress: PrimaryProgress, maximumLag: Duration,
        at instant: ContinuousClock.Instant
    ) {
        startedAt = observation.startedAt
        timeline = observation.timeline
        replayed = observation.replayed ?? 0
        lag = nil
        guard observation.systemIdentifier == systemIdentifier else {
            standing = .otherCluster
            return
        }
        guard let place = observation.replayed else {
            standing = .promoted
            return
        }
        guard observation.timeline >= progress.timeline else {
            standing = .otherTimeline
            return
        }
        lag = progress.lag(of: place, at: instant)
        guard let lag, lag <= maximumLag else {
            standing = .lagging
            return
        }
        standing = .usable
    }

    /// It did not respond.
    mutating func fail() {
        standing = .unreachable
        lag = nil
    }

    /// A read has shown how far it is.
    /// - Parameters:
    ///   - place: Nil for a server that is no replica any more.
    ///   - startedAt: When that server was started.
    /// - Returns: Whether what was read holds for a client that must see `required`.
    mutating func confirm(_ place: UInt64?, startedAt: Int64, required: WritePosition) -> Bool {
        guard standing == .usable else { return false }
        guard let place else {
            standing = .promoted
            return false
        }
        guard startedAt == self.startedAt, place >= replayed || place >= required.place else {
            // Another server in its place. The next check finds out which.
            standing = .unknown
            return false
        }
        replayed = max(replayed, place)
        return place >= required.place
    }

    /// Whether it has, for all that is known, what a client must see.
    func mayAnswer(_ required: WritePosition) -> Bool {
        standing == .usable && timeline >= required.timeline && replayed >= required.place
    }
}
