import JSONCoding
import PostgresClient
import Primitives

/// A place in a sorted list, behind one of its rows: where the next page begins. As text it is opaque to clients:
/// hexadecimal JSON of the number of rows before the place, of a digest of the list's entity and order, and of the sort
/// keys of the row before it.
///
/// By the keys the place is found again whatever was inserted or deleted meanwhile. Where keys cannot be compared again
/// (objects and lists, numbers and moments beyond what filters take) or are too long to travel, it is found by the number
/// of rows, as with `skip`.
package struct PageCursor: Sendable, Hashable {
    /// Rows of the list before the place, when it was made.
    private let offset: Int
    /// Distinguishes the cursors of one list from those of others.
    private let digest: String
    /// One value for each key of the list's order, the last of them the row's id; empty where only the number counts.
    private let values: [JSONValue]

    /// Longest text that is looked at, in bytes.
    package static let maximumLength = 4096

    /// The place behind a row that was read with this order.
    /// - Parameter offset: rows of the list before the place.
    init(behind record: Record, order: [Order], offset: Int, of entity: Entity) {
        self.offset = offset
        digest = Self.digest(order, of: entity)
        var values: [JSONValue] = []
        for key in Self.keys(order) {
            guard let value = try? record.sortValue(key.field), Self.isReadable(value, key, of: entity) else {
                self.values = []
                return
            }
            values.append(value)
        }
        // Two digits for each byte.
        self.values = JSONValue.array(values).serialized().count < Self.maximumLength / 2 - 64 ? values : []
    }

    /// Reads a cursor's text.
    /// - Throws: `.invalid` at the parameter when it is no cursor, or one of another list or order.
    package init(
        _ text: String, named name: String = "cursor", order: [Order], of entity: Entity
    ) throws(FilterError) {
        let keys = Self.keys(order)
        guard text.utf8.count <= Self.maximumLength, let bytes = Hex.decode(text),
            let members = (try? JSONValue.parse(bytes))?.arrayValue, members.count >= 2,
            let offset = members[0].intValue, (0...Self.maximumOffset).contains(offset),
            let digest = members[1].stringValue, digest == Self.digest(order, of: entity)
        else { throw Self.invalid(name, text) }
        let values = Array(members.dropFirst(2))
        guard values.isEmpty || values.count == keys.count,
            zip(keys, values).allSatisfy({ Self.isReadable($1, $0, of: entity) })
        else { throw Self.invalid(name, text) }
        self.offset = offset
        self.digest = digest
        self.values = values
    }

    /// Whether a condition can be made of a key's value.
    private static func isReadable(_ value: JSONValue, _ key: Order, of entity: Entity) -> Bool {
        guard let field = entity.field(named: key.field) else { return false }
        if value.isNull { return key.field != Entity.id.name }
        var parser = OperandParser(field: field, limits: QueryLimits())
        return parser.value(value, at: "") != nil
    }

    /// FNV-1a of the entity's name and the order: no secret, but other lists have others.
    private static func digest(_ order: [Order], of entity: Entity) -> String {
        let keys = keys(order).map { $0.isDescending ? "\($0.field) DESC" : $0.field }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(entity.name):\(keys.joined(separator: ","))".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return String(hash, radix: 16)
    }

    private static let maximumOffset = 1_000_000_000

    /// The text for clients: letters and digits.
    package var text: String { Hex.encode(JSONValue.array([.integer(offset), .string(digest)] + values).serialized()) }

    /// The filter of the page that begins here.
    func page(of filter: Filter, _ entity: Entity) -> Filter {
        var page = filter
        page.skip = values.isEmpty ? offset : 0
        if !values.isEmpty { page.condition = filter.condition.and(condition(order: filter.order, of: entity)) }
        return page
    }

    /// Rows before the page that begins behind one of `count` rows from here.
    func offset(behind count: Int) -> Int { Self.offset(offset, behind: count) }

    /// Rows before the page that begins behind one of `count` rows, which begins behind `skipped` rows.
    static func offset(_ skipped: Int, behind count: Int) -> Int { min(skipped, maximumOffset - count) + count }

    /// The rows behind this place: those whose first keys are equal and whose next key comes later.
    private func condition(order: [Order], of entity: Entity) -> Where {
        var alternatives: [Where] = []
        var equal: [Where] = []
        var bound = Where.everything
        for (key, value) in zip(Self.keys(order), values) {
            guard let field = entity.field(named: key.field) else { continue }
            var parser = OperandParser(field: field, limits: QueryLimits())
            let operand = value.isNull ? PostgresValue.null : parser.value(value, at: "") ?? .null
            let isAlwaysSet = entity.alwaysSet.contains(key.field)
            if let later = Self.later(key, operand, isAlwaysSet) { alternatives.append(.all(equal + [later])) }
            // Says nothing new, but is what an index can begin at.
            if equal.isEmpty, operand != .null, key.isDescending || isAlwaysSet {
                bound = .compare(key.field, key.isDescending ? .lessOrEqual : .greaterOrEqual, operand)
            }
            equal.append(.equals(key.field, operand))
        }
        return bound.and(.any(alternatives))
    }

    /// PostgreSQL sorts NULL as if it were larger than everything.
    private static func later(_ key: Order, _ value: PostgresValue, _ isAlwaysSet: Bool) -> Where? {
        switch (key.isDescending, value) {
        case (false, .null): nil
        case (true, .null): .condition(key.field, .isNull(false))
        case (true, _): .compare(key.field, .less, value)
        case (false, _) where isAlwaysSet: .compare(key.field, .greater, value)
        case (false, _): .any([.compare(key.field, .greater, value), .isNull(key.field)])
        }
    }

    /// The list's order, with the primary key at its end; later keys have no effect.
    private static func keys(_ order: [Order]) -> [Order] {
        if let end = order.firstIndex(where: { $0.field == Entity.id.name }) { return Array(order[...end]) }
        return order + [Order(Entity.id)]
    }

    private static func invalid(_ name: String, _ text: String) -> FilterError {
        .invalid(
            parameter: name, value: FilterError.quote(text),
            details: [
                ValidationDetail(
                    path: "/\(name)", code: "cursor",
                    message: "must be the cursor of a Link header, used with the same filter")
            ])
    }
}

extension Record {
    /// A value by which a list was sorted, exact enough to be compared again; throws for lists and objects.
    fileprivate func sortValue(_ name: String) throws(RepositoryError) -> JSONValue {
        guard let type = projection.type(of: name) else { throw .unexpected(sqlState: nil) }
        switch type {
        case .json, .strings: throw .unexpected(sqlState: nil)
        case _ where isUnset(name): return .null
        case .string: return .string(try text(name))
        case .identifier: return .string(try identifier(name).description)
        case .integer: return .integer(try integer(name))
        case .number: return .string(try number(name))
        case .boolean: return .bool(try boolean(name))
        case .timestamp:
            return .string(PostgresValue.timestamp(try timestamp(name)).textForm ?? "")
        }
    }
}
