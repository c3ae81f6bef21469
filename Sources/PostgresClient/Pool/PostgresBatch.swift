import Primitives

/// A setting for the length of one transaction: `set_config(name, value, true)`.
package struct PostgresSetting: Sendable, Hashable {
    /// The setting's name, for instance `app.tenant_id`.
    package let name: String
    /// Its value for the length of the transaction.
    package let value: String

    /// Makes a setting.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// How long each statement may take; rounded to milliseconds, at least one.
    package static func statementTimeout(_ duration: Duration) -> PostgresSetting {
        PostgresSetting("statement_timeout", String(max(1, duration.milliseconds)))
    }
}

/// Statements that travel together and succeed or fail together.
///
/// They are sent as one pipeline with one synchronization point. PostgreSQL runs such a pipeline as an implicit
/// transaction (PostgreSQL manual, "Pipelining" under "Message Flow"): an error anywhere rolls back everything, and
/// nothing is committed before the synchronization point is reached. One network round trip for all of it.
package struct PostgresBatch: Sendable {
    /// Settings that hold for the statements of this batch and no longer.
    package let settings: [PostgresSetting]
    private(set) var items: [BoundStatement] = []

    /// Makes an empty batch.
    package init(settings: [PostgresSetting] = []) {
        self.settings = settings
    }

    /// Makes a batch of one statement.
    init(settings: [PostgresSetting], _ bound: BoundStatement) {
        self.settings = settings
        self.items = [bound]
    }

    /// The number of statements added.
    package var count: Int { items.count }

    /// Adds a statement.
    /// - Returns: The index of its result among the results of the batch.
    @discardableResult
    package mutating func add(_ statement: PostgresStatement, _ values: [PostgresValue] = []) -> Int {
        add(BoundStatement(statement, values))
    }

    /// Adds a statement with the values of its parameters.
    /// - Returns: The index of its result among the results of the batch.
    @discardableResult
    package mutating func add(_ bound: BoundStatement) -> Int {
        items.append(bound)
        return items.count - 1
    }

    /// Adds statements in their order, for which no result indexes are needed.
    package mutating func add(contentsOf statements: [BoundStatement]) {
        items.append(contentsOf: statements)
    }
}
