import MessageBus
import Primitives

/// The dead letters of an outbox and of all groups of the bus as one list: by the time when they were given up on, then by
/// event, then by source.
struct DeadLetterList: Sendable {
    let outbox: OutboxDeadLetters
    let bus: any BusDeadLetters
    let groups: ConsumerGroups

    /// The place of a dead letter in the list; as text it is opaque to clients.
    struct Place: Sendable, Hashable {
        let position: DeadLetterPosition
        let source: String

        init(_ letter: DeadLetter) {
            position = letter.position
            source = letter.id.source
        }

        /// Reads the text.
        init?(_ text: String) {
            guard let bytes = Hex.decode(text), let id = String(validating: bytes, as: UTF8.self) else { return nil }
            let parts = id.split(separator: "|", omittingEmptySubsequences: false)
            guard parts.count == 2, let microseconds = Int64(parts[0]), microseconds >= 0,
                let letter = DeadLetterID(String(parts[1]))
            else { return nil }
            position = DeadLetterPosition(
                settledAt: Timestamp(microseconds: microseconds), eventID: letter.eventID)
            source = letter.source
        }

        var text: String {
            Hex.encode(Array("\(position.settledAt.microseconds)|\(source):\(position.eventID)".utf8))
        }

        fileprivate func isBefore(_ other: Place) -> Bool {
            position == other.position ? source < other.source : position < other.position
        }
    }

    struct Page: Sendable {
        let letters: [DeadLetter]
        /// Where the next page begins; nil when this is the last one.
        let next: Place?
    }

    /// Dead letters that are looked at for one page, however few of them match: a request costs no more than this. The next
    /// page goes on behind the last one that was looked at.
    static let maximumScanned = 2000

    /// - Parameter matches: Which dead letters are wanted.
    func page(
        after place: Place?, limit: Int, where matches: (DeadLetter) -> Bool
    ) async throws(MessageBusError) -> Page {
        let sources: [String?] = [nil] + (try await allGroups())
        var found: [DeadLetter] = []
        var last = place
        var scanned = 0
        while true {
            let size = min(max(limit - found.count, 1), Self.maximumScanned - scanned) + 1
            let merged = try await merged(sources, after: last, limit: size)
            for letter in merged.prefix(size - 1) {
                last = Place(letter)
                scanned += 1
                if matches(letter) { found.append(letter) }
            }
            // One more than was asked for shows whether there is more.
            if merged.count < size { return Page(letters: found, next: nil) }
            if found.count >= limit || scanned >= Self.maximumScanned { return Page(letters: found, next: last) }
        }
    }

    /// The first dead letters behind a place, of all sources.
    private func merged(
        _ sources: [String?], after place: Place?, limit: Int
    ) async throws(MessageBusError) -> [DeadLetter] {
        var letters: [DeadLetter] = []
        for source in sources {
            let start = place.map { $0.start(in: source ?? EventEnvelope.reservedGroup) }
            if let source {
                letters += try await bus.deadLetters(group: source, after: start, limit: limit)
            } else {
                letters += try await outbox.list(after: start, limit: limit)
            }
        }
        let sorted = letters.sorted { Place($0).isBefore(Place($1)) }
        return Array(sorted.prefix(limit))
    }

    /// Makes a dead letter pending again.
    /// - Returns: Whether there was one.
    func retry(_ id: DeadLetterID) async throws(MessageBusError) -> Bool {
        guard let group = id.group else { return try await outbox.retry([id.eventID]) > 0 }
        guard try await allGroups().contains(group) else { return false }
        return try await bus.retryDeadLetters(group: group, [id.eventID]) > 0
    }

    /// The groups of this service, and all others that the bus knows.
    func allGroups() async throws(MessageBusError) -> [String] {
        groups.all.union(try await bus.groups()).sorted()
    }
}

extension DeadLetterList.Place {
    /// Where a source goes on: sources behind this one in the order may have the same event at the same instant.
    fileprivate func start(in source: String) -> DeadLetterPosition {
        guard source > self.source else { return position }
        let (high, low) = (position.eventID.high, position.eventID.low)
        guard high > 0 || low > 0 else {
            return DeadLetterPosition(
                settledAt: Timestamp(microseconds: position.settledAt.microseconds - 1),
                eventID: Identifier(high: .max, low: .max))
        }
        return DeadLetterPosition(
            settledAt: position.settledAt,
            eventID: low > 0 ? Identifier(high: high, low: low - 1) : Identifier(high: high - 1, low: .max))
    }
}
