import BillingExamples
import JSONCoding
import StackTestSupport
import Testing

/// The worked examples of billing through `POST /billing-preview`, each under the policies that its row names.
@Suite struct BillingPreviewExampleTests {
    @Test func `every example has the numbers and dates that its source states`() async throws {
        let examples = try BillingExample.all()
        try await TestStack.run([.subscription]) { stack in
            var passed: [String: Int] = [:]
            for example in examples {
                var isRight = true
                for one in example.cases {
                    let answer = try await stack.subscription.post("/billing-preview", one.request, token: stack.admin)
                    let differences = differences(answer, one.expected)
                    isRight = isRight && differences.isEmpty
                    #expect(
                        differences.isEmpty,
                        "\(example.id) \(String(decoding: one.request.serialized(), as: UTF8.self)): \(differences)")
                }
                passed[example.family, default: 0] += isRight ? 1 : 0
            }
            for (family, count) in passed.sorted(by: { $0.key < $1.key }) {
                let all = examples.count { $0.family == family }
                print("billing examples \(family): \(count) of \(all) rows passed")
            }
            for (id, reason) in try BillingExample.excluded().sorted(by: { $0.key < $1.key }) {
                print("billing example \(id) has no test: \(reason)")
            }
        }
    }

    private func differences(_ answer: StackTestSupport.TestResponse, _ expected: JSONValue) -> [String] {
        if let pointer = expected["refused"]?.stringValue {
            let isRefused = answer.status == 422 && answer.violations.contains { $0.hasPrefix("\(pointer): ") }
            return isRefused ? [] : ["\(answer.status) \(answer.text)"]
        }
        guard answer.status == 200 else { return ["\(answer.status) \(answer.text)"] }
        return BillingExample.differences(answer.json, expected)
    }
}
