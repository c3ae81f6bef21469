import Primitives

/// A period as few sums as possible: whole months and days in UTC, and quarters of an hour at its ends.
struct UsagePieces: Sendable, Hashable {
    /// The lengths of time that sums are kept for, by their numbers in `main.usage_rollups`.
    enum Span: Int64, Sendable, Hashable {
        case quarterHour = 0
        case day = 1
        case month = 2
    }

    /// Sums of one span that begin in a half-open range.
    struct Piece: Sendable, Hashable {
        let span: Span
        let from: Timestamp
        let to: Timestamp
    }

    let pieces: [Piece]

    /// - Parameters: Both on a quarter of an hour; `to` is not part of the period.
    init(from: Timestamp, to: Timestamp) {
        var pieces: [Piece] = []
        func add(_ span: Span, _ from: Timestamp, _ to: Timestamp) {
            if from < to { pieces.append(Piece(span: span, from: from, to: to)) }
        }
        let (firstDay, lastDay) = (UTCCalendar.startOfDay(atOrAfter: from), UTCCalendar.startOfDay(of: to))
        let firstMonth = UTCCalendar.startOfMonth(atOrAfter: from)
        let lastMonth = UTCCalendar.startOfMonth(of: to)
        if firstMonth < lastMonth {
            add(.quarterHour, from, firstDay)
            add(.day, firstDay, firstMonth)
            add(.month, firstMonth, lastMonth)
            add(.day, lastMonth, lastDay)
            add(.quarterHour, lastDay, to)
        } else if firstDay < lastDay {
            add(.quarterHour, from, firstDay)
            add(.day, firstDay, lastDay)
            add(.quarterHour, lastDay, to)
        } else {
            add(.quarterHour, from, to)
        }
        self.pieces = pieces
    }
}
