import Entities
import HTTPTypes
import JSONCoding
import ServiceKit

extension CRUDOperations {
    /// The operations of a catalogue whose rows may be created with ids of the client's own (contract 6.12).
    func catalogueWithOwnIds(_ entity: Entity) -> [Operation] {
        catalogue().map { operation in
            guard operation.method == .post, operation.requestBody != nil else { return operation }
            var create = operation
            create.requestBody = entity.newSchema.adding(
                .init("id", .string(format: .uuid).described("An id of your own; one is made when it is left out")))
            return create
        }
    }
}
