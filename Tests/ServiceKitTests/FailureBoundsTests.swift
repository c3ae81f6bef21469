import Entities
import HTTPTypes
import JSONCoding
import NIOCore
import Primitives
import Testing

@testable import ServiceKit

@Suite struct FailureBoundsTests {
    private func size(_ failure: HTTPFailure, accept: String? = nil) -> Int {
        FailureRendering.parts(for: failure, accept: accept, requestID: "r1", path: "/x").body.readableBytes
    }

    @Test func `an answer about a hostile body is small, in both forms`() {
        let name = String(repeating: "\u{1}/~\"é", count: 100_000)
        let body: JSONValue = .object([name: .array(Array(repeating: "\u{0}", count: 250))])
        let details = Schema.freeObject.validate(body)
        #expect(details.count == 200 && details.allSatisfy { $0.path.utf8.count < 500 })
        for accept in [nil, "application/problem+json"] {
            #expect(size(.validation(details), accept: accept) < 300_000)
        }
    }

    @Test func `details are bounded in number and bytes, and the answer says so`() throws {
        let many = (0..<150).map { ValidationDetail.type("/\($0)", "string") }
        let bounded = HTTPFailure.validation(many).bounded()
        #expect(bounded.details.count == FailureBounds.details + 1)
        #expect(bounded.details.last?.code == FailureBounds.omittedCode)
        #expect(bounded.details.last?.info["omitted"] == 50)
        let long = (0..<50).map { _ in ValidationDetail.type("/" + String(repeating: "a", count: 900), "string") }
        let shorter = HTTPFailure.validation(long).bounded()
        #expect(shorter.details.count < 40 && shorter.details.last?.code == FailureBounds.omittedCode)
    }

    @Test func `usual failures stay as they are`() {
        let failure = HTTPFailure.validation([.required("", "name"), .type("/key", "string")])
        #expect(failure.bounded().details == failure.details && failure.bounded().message == failure.message)
    }

    @Test func `messages that repeat a caller's text are shortened`() {
        let text = String(repeating: "x", count: 80_000)
        for failure in [
            HTTPFailure.entityNotFound(model: "rows", id: text), .unsupportedMediaType(text), .badRequest(text),
            .invalidParameter("a", value: .string(text), reason: text), .conflict(text),
        ] { #expect(size(failure) < 8_000) }
    }

    @Test func `texts are cut between scalars`() {
        #expect("abc".shortened(toBytes: 3) == "abc")
        #expect("abcd".shortened(toBytes: 3) == "abc…")
        #expect("aéé".shortened(toBytes: 2) == "a…")
        #expect("a\u{301}\u{301}\u{301}".shortened(toBytes: 3) == "a\u{301}…")
    }
}
