import Entities
import JSONCoding
import PostgresClient
import Primitives
import Testing

/// Filters of any shape either parse or are refused; none crashes, none gets its own text into SQL, and what
/// parses runs.
@Suite struct RandomFilterTests {
    @Test func `random filters never crash and never reach SQL`() throws {
        let catalog = try EntityCatalog(TestModel.all)
        var random = RandomFilters(seed: 42)
        var compiled = 0
        for round in 0..<6000 {
            let entity = TestModel.all[round % TestModel.all.count]
            let value = round.isMultiple(of: 2) ? random.value(depth: 5) : random.filter(for: entity, depth: 3)
            let json = String(decoding: value.serialized(), as: UTF8.self)
            do {
                let filter = try Filter.parse(json: json, for: entity, in: catalog)
                let statement = try SelectStatements(catalog: catalog, entity: entity, scope: .system).select(filter)
                #expect(!statement.sql.contains(RandomFilters.marker), "\(json)")
                #expect(!statement.sql.contains("--") && !statement.sql.contains(";"), "\(json)")
                compiled += 1
            } catch let error as FilterError {
                #expect(!error.message.isEmpty && error.message.utf8.count < 1200)
            }
        }
        #expect(compiled > 500, "the generator must get as far as SQL to prove anything; \(compiled) did")
    }

    @Test func `every filter that parses runs`() async throws {
        var random = RandomFilters(seed: 1)
        var ran = 0
        for round in 0..<900 {
            let entity = TestModel.all[round % TestModel.all.count]
            let repository = try await EntityDatabase.repository(entity)
            let json = String(decoding: random.filter(for: entity, depth: 2).serialized(), as: UTF8.self)
            guard let filter = try? Filter.parse(json: json, for: entity, in: repository.catalog) else { continue }
            do {
                let scope = round % 3 == 0 ? TenantScope.tenant(.v4(), actor: .system) : .system
                _ = try JSONValue.parse(try await repository.find(filter, in: scope).json)
                ran += 1
            } catch RepositoryError.invalidFilter {
                continue
            } catch {
                Issue.record("\(error): \(json)")
            }
        }
        #expect(ran > 100)
    }

    @Test func `random query strings never crash`() throws {
        let catalog = try EntityCatalog(TestModel.all)
        var random = RandomFilters(seed: 7)
        for _ in 0..<3000 {
            let parameters = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                let path = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                    Bool.random(using: &random) ? "[\(random.word())]" : random.pick(["[", "]", "[]", "x"])
                }
                return QueryParameter("filter" + path.joined(), random.word())
            }
            do {
                _ = try Filter.parse(parameters, for: TestModel.tenant, in: catalog)
            } catch {
                #expect(!error.code.isEmpty)
            }
        }
    }
}
