import Entities
import HTTPTypes
import JSONCoding
import Primitives
import ServiceKit

/// The HTTP operations of test clocks.
struct TestClockController: Sendable {
    let crud: CRUDOperations
    let service: TestClockService
    /// Whether there are test clocks.
    let isEnabled: Bool

    static let path = "/test-clocks"

    var operations: [Operation] {
        [create(), crud.count(), crud.find(), crud.findByID(), advance(), delete()].map {
            $0.needingTestClocks(isEnabled)
        }
    }

    private func create() -> Operation {
        var operation = crud.create()
        operation.summary = "Bind a tenant without subscriptions to a new clock, whose time it lives on from now on"
        operation.failures[.conflict] =
            "There is no such tenant (TENANT_UNKNOWN), it has subscriptions on the real time (TEST_CLOCK_SUBSCRIPTIONS), or it has a clock"
        operation.handler = .scoped { call in
            let values = try FieldValues(TestClock.entity, json: try call.request.object())
            let record = try await service.create(values, in: call.writeContext)
            return try .created(record, location: "\(Self.path)/\(try record.id)")
        }
        return operation
    }

    private func advance() -> Operation {
        Operation(
            .post, "\(Self.path)/{id}/advance", id: "TestClockController.advance",
            summary: "Move a clock on, and wait for what becomes due",
            access: TestClockPolicy.advance, parameters: [.id], requestBody: Self.advanceSchema,
            responses: [.init(.ok, "The clock, and what is still due", schema: Self.advancedSchema)],
            failures: [.notFound: "There is no such TestClock"],
            idempotency: .recover { recovery in
                let entities = service.repository.entities
                return try await answer(
                    try await entities.findByID(try recovery.created(), in: recovery.scope))
            },
            handler: .scoped { call in
                let id = try call.request.identifier()
                let text = try call.request.object()[TestClock.now]?.stringValue
                guard let now = text.flatMap({ Timestamp(iso8601: $0) }) else { throw TestClockError.outOfRange }
                return try await answer(try await service.advance(id, to: now, in: call.writeContext))
            })
    }

    /// A clock, once what it has reached is done.
    private func answer(_ clock: Record) async throws -> OperationResponse {
        let due = try await service.settle(try clock[TestClock.tenantID])
        guard var members = try JSONValue.parse(stored: clock.json).objectValue else { throw HTTPFailure.internalError }
        members["due"] = .integer(due.waiting)
        members["parked"] = .integer(due.parked)
        return .json(JSONValue.object(members).serialized())
    }

    private static let advancedSchema = Schema.object(
        TestClock.entity.schema.properties + [
            .init(
                "due",
                .integer(minimum: 0).described(
                    "Subscriptions of which something is due still; if any, repeat the request with the same time"),
                required: true),
            .init(
                "parked",
                .integer(minimum: 0).described("Subscriptions that cannot be billed, see /subscriptions/parked"),
                required: true),
        ], name: "AdvancedTestClock")

    private static let advanceSchema = Schema.object(
        [
            .init(
                TestClock.now,
                .string(format: .dateTime).described("What the clock is to show, not before what it shows"),
                required: true)
        ], name: "TestClockAdvance")

    private func delete() -> Operation {
        var operation = crud.deleteByID()
        operation.summary = "Delete a clock; the time of its tenant stands still from now on"
        return operation
    }
}
