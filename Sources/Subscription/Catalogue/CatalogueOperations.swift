import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

extension CRUDOperations {
    /// All operations, for an entity that is everybody's to read and only the operators' to change.
    /// - Parameter unique: The field of which no two living rows may have the same value.
    func catalogue(unique: Field? = nil) -> [Operation] {
        all().map { operation in
            guard operation.method != .get else { return operation }
            guard let unique else { return operation.forOperators() }
            return operation.namingConflict(over: unique).forOperators()
        }
    }
}

extension Operation {
    /// The operation, whose 409 says which value is taken: under row-level security PostgreSQL keeps that to itself.
    fileprivate func namingConflict(over field: Field) -> Operation {
        guard case .scoped(let handle) = handler else { return self }
        var operation = self
        operation.handler = .scoped { call in
            do {
                return try await handle(call)
            } catch RepositoryError.conflict {
                let value = call.request.body?[field.name]?.stringValue ?? ""
                throw RepositoryError.conflict(detail: "Key (\(field.column))=(\(value)) already exists.")
            }
        }
        return operation
    }
}
