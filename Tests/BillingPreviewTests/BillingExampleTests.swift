import BillingExamples
import BillingPreview
import JSONCoding
import Testing

/// The worked examples on the engine; `BillingPreviewExampleTests` drives them through the operation.
@Suite struct BillingExampleTests {
    @Test func `every example has the numbers and dates that its source states`() throws {
        for example in try BillingExample.all() {
            for one in example.cases {
                let differences = BillingExample.differences(try Preview.answer(one.request), one.expected)
                #expect(
                    differences.isEmpty,
                    "\(example.id) \(String(decoding: one.request.serialized(), as: UTF8.self)): \(differences)")
            }
        }
    }

    @Test func `every rule holds`() throws {
        for rule in try BillingExample.rules() {
            let differences = BillingExample.differences(
                try Preview.answer(rule.example.request), rule.example.expected)
            #expect(
                differences.isEmpty,
                "\(rule.name) \(String(decoding: rule.example.request.serialized(), as: UTF8.self)): \(differences)")
        }
    }
}
