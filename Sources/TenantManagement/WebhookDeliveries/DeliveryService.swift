import Entities
import JSONCoding
import Primitives

/// The rules of deliveries that people ask for.
struct DeliveryService: Sendable {
    let deliveries: EntityRepository
    let repository: DeliveryRepository
    let store: DeliveryStore

    /// Sends a test to an endpoint. If the endpoint is disabled, it waits.
    /// - Returns: The delivery.
    /// - Throws: ``DeliveryError/noEndpoint``.
    func test(_ endpoint: Identifier, in context: WriteContext) async throws -> Record {
        let id = deliveries.newIdentifier()
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.member("type", DeliveryRepository.testType)
        writer.member("timestamp", context.now)
        writer.member("eventId", id)
        writer.key("data")
        writer.beginObject()
        writer.member("endpointId", endpoint)
        writer.endObject()
        writer.endObject()
        try await repository.insertTest(id, endpoint: endpoint, body: writer.bytes, in: context)
        // Read before it is sent: the response says what was made.
        let record = try await deliveries.findByID(id, in: context.scope)
        store.announce()
        return record
    }

    /// Makes a delivery due at once, whatever became of it before.
    /// - Throws: ``DeliveryError``.
    func replay(_ id: Identifier, in context: WriteContext) async throws -> Record {
        try await repository.replay(id, in: context)
        let record = try await deliveries.findByID(id, in: context.scope)
        store.announce()
        return record
    }

    /// A replay of a range.
    struct Replay: Sendable {
        let id: Identifier
        let count: Int
    }

    /// Makes deliveries of the events of a range.
    /// - Throws: ``DeliveryError``, ``ValidationFailure`` when the range ends before it begins.
    func replay(
        _ range: DeliveryRepository.Range, to endpoint: Identifier, in context: WriteContext
    ) async throws -> Replay {
        guard range.from <= range.to else {
            throw ValidationFailure.invalidField("/to", code: "order", "must not be before from")
        }
        let id = deliveries.newIdentifier()
        let count = try await repository.replay(range, to: endpoint, as: id, in: context)
        store.announce()
        return Replay(id: id, count: count)
    }
}
