import JSONCoding
import StackTestSupport
import Testing

/// Requests without the body that they need, about rows that exist, so that nothing else is wrong with them.
@Suite struct EmptyBodyTests {
    @Test(arguments: WalkTests.kinds) func `requests without their body are refused`(_ kind: TestStack.ServiceKind)
        async throws
    {
        try await ValidRequests.run(kind) { requests in
            let operations = requests.document.operations.filter {
                $0.body != nil && [nil, "HTTPBearer"].contains($0.security)
            }
            await requests.forEach(operations) { operation in
                var request = try await requests.request(operation)
                request.body = nil
                // Statuses that the document does not name are a problem by themselves.
                let answer = try await requests.send(operation, request)
                requests.problems.check(answer, "\(operation.name) with an empty body") {
                    [422, 400, 404].contains($0.status) || ($0.status == 405 && operation.collection == "/leads")
                }
            }
        }
    }
}
