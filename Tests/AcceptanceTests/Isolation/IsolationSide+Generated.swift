import JSONCoding
import StackTestSupport

extension IsolationSide {
    /// A row of each collection that belongs to tenants and that nobody has described by hand, made from the document: a
    /// new entity is walked by itself.
    mutating func addGeneratedRows(_ stack: TestStack, _ service: IsolationWorld.Service) async throws {
        let document = service.document
        for operation in document.operations where operation.method == "POST" && rows[operation.path] == nil {
            guard document.operation("GET", "\(operation.path)/x") != nil, let schema = operation.body else { continue }
            let places = document.places(schema)
            guard places.contains(where: { $0.pointer == ["tenantId"] }) else { continue }
            var body = document.sample(schema)
            for place in places {
                if place.pointer == ["tenantId"] {
                    body = body.replacing(place.pointer, with: .string(tenant))
                } else if isFree(place) {
                    body = body.replacing(place.pointer, with: .string(marker))
                }
            }
            for name in ValidRequests.audit { body.remove(name) }
            rows[operation.path] = try await service.client.send("POST", operation.path, body, token: stack.admin)
                .expect(201).string("id")
        }
    }

    /// Whether any text is valid there, the marker too.
    private func isFree(_ place: APIDocument.Place) -> Bool {
        place.type == "string" && APIDocument.takesAnyText(place.schema)
            && (place.schema["maxLength"]?.intValue ?? .max) >= marker.utf8.count
    }
}
