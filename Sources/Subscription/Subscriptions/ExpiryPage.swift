import Entities
import JSONCoding
import PostgresClient
import Primitives

/// Which part of a list of ending subscriptions, sorted by their ends, is asked for.
struct ExpiryPage: Sendable, Hashable {
    /// Rows of the page at most; nil: all.
    let limit: Int?
    /// The row before the page.
    let after: Position?

    /// A place in the list.
    struct Position: Sendable, Hashable {
        let endDate: String
        let id: Identifier
    }

    init(limit: Int?, after: Position? = nil) {
        self.limit = limit
        self.after = after
    }

    /// Thrown for a cursor that does not come from a `Link` header of these lists.
    struct InvalidCursor: Error {
        let text: String
    }

    /// The page that a `cursor` asks for; nil: the first one.
    /// - Parameter limit: Rows of a page at most; 0: no bound.
    init(cursor: String?, limit: Int) throws(InvalidCursor) {
        self.limit = limit > 0 ? limit : nil
        guard let text = cursor else {
            after = nil
            return
        }
        guard text.utf8.count <= PageCursor.maximumLength, let bytes = Hex.decode(text),
            let values = (try? JSONValue.parse(bytes))?.arrayValue, values.count == 2,
            let endDate = values[0].stringValue, !endDate.utf8.contains(0),
            let id = values[1].stringValue.flatMap({ Identifier($0) })
        else { throw InvalidCursor(text: text) }
        after = Position(endDate: endDate, id: id)
    }

    /// How many rows to read: one more than are shown, to know whether there is a next page. Nil: all.
    var rowsToRead: Int? { limit.map { $0 + 1 } }

    /// The rows to show, and the cursor of the page behind them.
    func cut(
        _ rows: [SubscriptionRepository.Expiring]
    ) -> (rows: ArraySlice<SubscriptionRepository.Expiring>, next: String?) {
        guard let limit, rows.count > limit, let last = rows.prefix(limit).last else { return (rows[...], nil) }
        let cursor = JSONValue.array([.string(last.endDate), .identifier(last.id)])
        return (rows.prefix(limit), Hex.encode(cursor.serialized()))
    }
}
