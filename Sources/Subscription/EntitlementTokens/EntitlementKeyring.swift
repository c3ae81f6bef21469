import Primitives

/// Which of some keys signs, when the next one is needed, and which ones are over: a pure value.
struct EntitlementKeyring: Sendable {
    /// How long a key is published before it signs: longer than anybody keeps the list of keys.
    static let overlap = Duration.seconds(3600)
    /// No token is valid for longer.
    static let longestToken = Duration.seconds(3600)

    /// The one that signs first comes first.
    let keys: [EntitlementKey]

    init(_ keys: [EntitlementKey]) { self.keys = keys.sorted { $0.signsFrom < $1.signsFrom } }

    /// The key that signs: the newest whose time has come, and the first one before any has.
    func signing(at now: Timestamp) -> EntitlementKey? { keys.last { $0.signsFrom <= now } ?? keys.first }

    /// Whether another key has to be published, so that it can take over in time.
    func needsNext(at now: Timestamp, rotation: Duration) -> Bool {
        guard let newest = keys.last else { return true }
        return newest.signsFrom.adding(rotation) <= now.adding(Self.overlap)
    }

    /// Keys whose last token is over.
    func ended(at now: Timestamp) -> [EntitlementKey] {
        zip(keys, keys.dropFirst()).filter { _, next in
            next.signsFrom.adding(Self.longestToken).adding(Self.overlap) <= now
        }.map(\.0)
    }
}
