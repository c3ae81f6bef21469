import Entities
import JSONCoding
import Primitives

extension Offboarding {
    /// An off-boarding as the API shows it.
    static let schema = Schema.object(
        [
            .init("id", .string(format: .uuid), required: true),
            .init("tenantId", .string(format: .uuid), required: true),
            .init(
                "state",
                .string(oneOf: State.allCases.map(\.name)).described(
                    "SCHEDULED: the grace period is not over; RUNNING: the resources are being removed; FAILED: the removal failed and can be requested again"
                ), required: true),
            .init("reason", .string(), required: true),
            .init("graceDays", .integer(minimum: 0, maximum: maximumGraceDays), required: true),
            .init("requestedOn", .string(format: .dateTime), required: true),
            .init("requestedBy", .string()),
            .init("endsOn", .string(format: .dateTime).described("The end of the grace period"), required: true),
            .init("startedOn", .string(format: .dateTime).described("When the removal began")),
            .init("endedOn", .string(format: .dateTime)), .init("endedBy", .string()), .init("endNote", .string()),
            .init("lastError", .string()),
            .init("exportId", .string(format: .uuid).described("The export that comes before the removal")),
            .init("hasCertificate", .boolean, required: true),
        ], name: "TenantOffboarding")

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("tenantId", tenant)
        writer.member("state", state.name)
        writer.member("reason", reason)
        writer.member("graceDays", graceDays)
        writer.member("requestedOn", requestedOn)
        writer.memberIfPresent("requestedBy", requestedBy)
        writer.member("endsOn", endsOn)
        writer.memberIfPresent("startedOn", startedOn)
        writer.memberIfPresent("endedOn", endedOn)
        writer.memberIfPresent("endedBy", endedBy)
        writer.memberIfPresent("endNote", endNote)
        writer.memberIfPresent("lastError", lastError)
        writer.memberIfPresent("exportId", export)
        writer.member("hasCertificate", hasCertificate)
        writer.endObject()
    }
}
