/// How far the log of a database cluster has come: what a client has written is in every server that has replayed it up to here.
///
/// As text it is `<cluster>-<timeline>-<place in the log>`, all in hexadecimal. The cluster is a digest of its system identifier,
/// so that a position of another cluster is recognized. A promotion begins a new timeline.
package struct WritePosition: Sendable, Hashable, CustomStringConvertible {
    package let cluster: UInt32
    package let timeline: UInt32
    package let place: UInt64

    package init(cluster: UInt32, timeline: UInt32, place: UInt64) {
        self.cluster = cluster
        self.timeline = timeline
        self.place = place
    }

    init(systemIdentifier: Int64, timeline: UInt32, place: UInt64) {
        self.init(cluster: Self.digest(systemIdentifier), timeline: timeline, place: place)
    }

    /// Nil for a text that is no position.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 8, (1...8).contains(parts[1].utf8.count),
            (1...16).contains(parts[2].utf8.count), parts.allSatisfy({ $0.utf8.allSatisfy(Self.isHexadecimal) }),
            let cluster = UInt32(parts[0], radix: 16), let timeline = UInt32(parts[1], radix: 16),
            let place = UInt64(parts[2], radix: 16)
        else { return nil }
        self.init(cluster: cluster, timeline: timeline, place: place)
    }

    /// The form of the text as a regular expression.
    package static let regex = "[0-9a-f]{8}-[0-9a-f]{1,8}-[0-9a-f]{1,16}"

    package var description: String {
        let digits = String(cluster, radix: 16)
        let padding = String(repeating: "0", count: 8 - digits.utf8.count)
        return "\(padding)\(digits)-\(String(timeline, radix: 16))-\(String(place, radix: 16))"
    }

    /// Whether this one is before another of the same cluster.
    func isBefore(_ other: WritePosition) -> Bool {
        (timeline, place) < (other.timeline, other.place)
    }

    /// Identifiers differ in their low bits as well as in the high ones, which are a time.
    static func digest(_ systemIdentifier: Int64) -> UInt32 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        withUnsafeBytes(of: systemIdentifier.littleEndian) { bytes in
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}

/// What a client must see, as it says: the positions of its writes, or that it has written nothing.
package struct WritePositions: Sendable, Hashable {
    /// Most positions of a list.
    package static let maximumCount = 16

    /// Nothing for a client that has written nothing.
    package let positions: [WritePosition]

    /// `0`, or up to 16 positions, separated by commas: of several clusters, or of writes that were made at the same time.
    package init?(_ text: String) {
        guard text != "0" else {
            positions = []
            return
        }
        guard text.utf8.first != 0x20, text.utf8.last != 0x20 else { return nil }
        let parts = text.split(separator: ",", maxSplits: Self.maximumCount, omittingEmptySubsequences: false)
        positions = parts.compactMap { part in
            let end = part.lastIndex { $0 != " " }.map(part.index(after:)) ?? part.startIndex
            return WritePosition(part[..<end].drop { $0 == " " })
        }
        guard positions.count == parts.count, positions.count <= Self.maximumCount else { return nil }
    }

    /// The last one of a cluster, or the beginning for a client that has written nothing; nil if there are only positions of others.
    func required(of cluster: UInt32) -> WritePosition? {
        if positions.isEmpty { return WritePosition(cluster: cluster, timeline: 0, place: 0) }
        return positions.filter { $0.cluster == cluster }.max { $0.isBefore($1) }
    }
}
