package import PostgresClient
package import Primitives

/// The rows of one entity in PostgreSQL. Every method takes the scope on whose behalf it works: its conditions are
/// part of every statement, and its settings drive row-level security.
package struct EntityRepository: Sendable {
    /// Where the rows are.
    package let pool: PostgresPool
    /// What they are.
    package let entity: Entity
    /// What their relations lead to.
    package let catalog: EntityCatalog
    let clock: any WallClock
    /// Nil if the entity has no secrets, or if nobody can open them: then they can neither be read nor written.
    let secrets: RecordSecrets?

    /// A repository.
    /// - Parameters:
    ///   - clock: the time in new identifiers.
    ///   - sealer: what seals the secret members of documents (``Field/withSecretMembers()``). Without one, such fields cannot
    ///     be written, and are shown as they are stored.
    package init(
        pool: PostgresPool, entity: Entity, catalog: EntityCatalog, clock: any WallClock = SystemClock(),
        sealer: (any MemberSealer)? = nil
    ) {
        secrets = sealer.flatMap { RecordSecrets(entity, $0) }
        self.pool = pool
        self.entity = entity
        self.catalog = catalog
        self.clock = clock
    }

    /// The id of a row that is about to be made.
    package func newIdentifier() -> Identifier { .v7(at: clock.now()) }

    // MARK: Running

    func run(
        _ statement: BoundStatement, writing values: FieldValues? = nil, in scope: TenantScope,
        settings: [PostgresSetting]? = nil, as workload: PostgresWorkload
    ) async throws(RepositoryError) -> PostgresResult {
        do {
            return try await pool.query(statement, settings: settings ?? scope.settings, as: workload)
        } catch {
            throw .from(error, entity: entity, values: values, catalog: catalog)
        }
    }

    /// Runs statements and what commits with them as one transaction in one round trip; the results are those of the
    /// statements.
    /// - Parameter values: what each statement writes, for errors.
    func run(
        _ statements: [BoundStatement], writing values: [FieldValues], alongside: [BoundStatement],
        in context: WriteContext, resource: Identifier?, as workload: PostgresWorkload
    ) async throws(RepositoryError) -> [PostgresResult] {
        var batch = context.batch(resource: resource)
        let first = batch.count
        batch.add(contentsOf: statements)
        batch.add(contentsOf: alongside)
        do {
            return Array(try await pool.run(batch, as: workload)[first..<first + statements.count])
        } catch {
            // Our columns' names mean nothing in others' statements.
            guard let index = error.statementIndex.map({ $0 - first }), statements.indices.contains(index) else {
                throw .from(error, entity: nil)
            }
            throw .from(
                error, entity: entity, values: index < values.count ? values[index] : nil, catalog: catalog)
        }
    }

    func notFound(_ id: Identifier) -> RepositoryError {
        .notFound(entity: entity.name, table: entity.table, id: id.description)
    }
}
