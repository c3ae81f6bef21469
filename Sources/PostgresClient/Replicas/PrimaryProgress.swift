/// How far the primary had come at which time, so that the lag of a replica is known in time without comparing clocks.
struct PrimaryProgress: Sendable {
    private struct Sample {
        let place: UInt64
        let instant: ContinuousClock.Instant
    }

    /// How long a lag can be measured.
    private let horizon: Duration
    private let spacing: Duration
    private var samples: [Sample] = []
    private(set) var timeline: UInt32 = 0
    private(set) var latest: UInt64 = 0

    /// - Parameter horizon: The longest lag that matters.
    init(horizon: Duration) {
        self.horizon = horizon
        spacing = horizon / 64
    }

    /// The primary was asked. A new timeline begins anew: what was on the old one behind the fork is void.
    mutating func record(timeline: UInt32, place: UInt64, at instant: ContinuousClock.Instant) {
        if timeline != self.timeline || place < latest { samples = [] }
        self.timeline = timeline
        latest = place
        if let last = samples.last, last.place == place || instant - last.instant < spacing { return }
        samples.append(Sample(place: place, instant: instant))
        // One that is older than the horizon stays: it shows that a lag is beyond it.
        while samples.count > 2, instant - samples[1].instant > horizon { samples.removeFirst() }
    }

    /// How long ago the primary had what a server lacks; at least that. Nil while it is unknown: the server has less than the
    /// primary had when it was first asked.
    func lag(of place: UInt64, at instant: ContinuousClock.Instant) -> Duration? {
        if !samples.isEmpty, place >= latest { return .zero }
        guard let first = samples.first, place >= first.place else { return nil }
        guard let missing = samples.first(where: { $0.place > place }) else {
            // It lacks what came since the last sample.
            return samples.last.map { instant - $0.instant }
        }
        return instant - missing.instant
    }
}
