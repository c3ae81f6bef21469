import JSONCoding
import StackTestSupport
import Testing

/// 12.2: what everybody may call.
@Suite struct PublicConformanceTests {
    @Test(arguments: [TestStack.ServiceKind.tenantManagement, .subscription])
    func `the public pages pass the original's cases`(_ kind: TestStack.ServiceKind) async throws {
        try await Conformance.run(
            [
                .init("12.2 GET / of \(kind.rawValue)") { world in
                    let answer = try await world.stack.client(kind).get("/").expect(200)
                    try require(answer.headers["content-type"]?.hasPrefix("text/html") == true, "\(answer.headers)")
                },
                .init("12.2 GET /ping?msg=world of \(kind.rawValue)") { world in
                    let answer = try await world.stack.client(kind).get("/ping?msg=world").expect(200)
                    try answer.json.require(["greeting": "Hello from LoopBack"])
                },
            ], [kind])
    }
}
