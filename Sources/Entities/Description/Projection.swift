import JSONCoding

/// What a statement returns of an included relation: a record, or an array of records, with a column for each field and
/// then one for each relation included in turn.
///
/// Records, not JSON: PostgreSQL takes three times as long to print JSON as to send the values (measured; see
/// docs/performance.md). A connection of PostgreSQL remembers every type of record that it ever made, so a record has all
/// of its entity's columns, whatever the filter shows, and its relations in the entity's order: then there are only as
/// many types as an entity has sets of relations.
struct RelatedProjection: Sendable {
    let name: String
    let kind: Relation.Kind
    /// The fields of a record, in its order.
    let columns: [Projection.Column]
    /// How the fields become JSON.
    let layout: ObjectLayout
    /// The relations of a record, after its fields.
    let relations: [RelatedProjection]

    init(name: String, kind: Relation.Kind, columns: [Projection.Column], relations: [RelatedProjection]) {
        self.name = name
        self.kind = kind
        self.columns = columns
        self.relations = relations
        layout = ObjectLayout(columns)
    }
}

/// Which columns a statement returns, in order: first `row_version`, then fields, then one column for each
/// included relation.
package final class Projection: Sendable {
    /// A class, because a field is large: rows are written column by column, and copying a reference is all that costs.
    final class Column: Sendable {
        let field: FieldDefinition
        let isShown: Bool
        /// The field's name, ready to be written.
        let key: JSONKey

        convenience init(field: FieldDefinition, isShown: Bool) {
            self.init(field: field, key: JSONKey(field.name), isShown: isShown)
        }

        private init(field: FieldDefinition, key: JSONKey, isShown: Bool) {
            self.field = field
            self.key = key
            self.isShown = isShown
        }

        /// The same column, shown or not.
        func shown(_ isShown: Bool) -> Column {
            isShown == self.isShown ? self : Column(field: field, key: key, isShown: isShown)
        }
    }

    static let versionColumn = 0

    /// The fields' columns, from column 1 on.
    let columns: [Column]
    /// The included relations; their columns follow the fields'.
    let relations: [RelatedProjection]
    /// How the fields become JSON.
    let layout: ObjectLayout
    private let positions: [String: Int]

    /// Every column of an entity.
    convenience init(_ properties: [FieldDefinition]) {
        self.init(properties.map { Column(field: $0, isShown: $0.access != .hidden) }, relations: [])
    }

    init(_ columns: [Column], relations: [RelatedProjection]) {
        self.columns = columns
        self.relations = relations
        sql = Self.selectList(columns)
        layout = ObjectLayout(columns)
        positions = Dictionary(columns.enumerated().map { ($1.field.name, $0 + 1) }) { first, _ in first }
    }

    /// The result column of a field; nil when it was not selected.
    func position(of field: String) -> Int? { positions[field] }

    /// The type of a field; nil when it was not selected.
    func type(of field: String) -> FieldType? { positions[field].map { columns[$0 - 1].field.type } }

    /// The result column of the first relation.
    var firstRelation: Int { columns.count + 1 }

    /// The select list over rows called `t0`, without relations.
    let sql: String

    private static func selectList(_ columns: [Column]) -> String {
        var sql = "t0.row_version"
        for column in columns {
            sql += ", t0.\""
            sql += column.field.column
            sql += "\""
        }
        return sql
    }
}
