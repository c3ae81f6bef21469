import JSONCoding
import PostgresClient
import Testing

@testable import Entities

/// Generated clients send members that were not set as null.
@Suite struct NullMemberTests {
    private let catalog: EntityCatalog

    init() throws { catalog = try EntityCatalog(TestModel.all) }

    private func parse(_ json: String, allowsWhere: Bool = true) throws(FilterError) -> Filter {
        try Filter.parse(json: json, for: TestModel.tenant, in: catalog, allowsWhere: allowsWhere)
    }

    @Test func `members of a filter that are null are absent`() throws {
        let nulls = #""fields": null, "order": null, "limit": null, "skip": null, "offset": null, "include": null"#
        #expect(try parse("{\(nulls), \"where\": null}") == parse("{}"))
        #expect(try parse("{\(nulls)}", allowsWhere: false) == parse("{}"))
        #expect(try parse(#"{"fields": {"name": true, "key": null}}"#) == parse(#"{"fields": {"name": true}}"#))
    }

    @Test func `null members in the scope of a relation are absent`() throws {
        #expect(
            try parse(
                #"{"include": [{"relation": "contacts", "scope": null}, {"relation": "lead", "scope": {"where": null, "order": null}}]}"#
            ) == parse(#"{"include": ["contacts", "lead"]}"#))
    }

    @Test func `null in a condition is a condition`() throws {
        #expect(try parse(#"{"where": {"leadId": null}}"#).condition == .isNull("leadId"))
        #expect(try parse(#"{"where": {"leadId": {"neq": null}}}"#).condition == .condition("leadId", .isNull(false)))
    }

    @Test(arguments: [
        #"{"where": {"and": null}}"#, #"{"include": [null]}"#, #"{"include": [{"relation": null}]}"#,
        #"{"nope": null}"#,
        #"{"order": [null]}"#, "null",
    ])
    func `null is refused where it would mean nothing`(_ json: String) {
        #expect(throws: FilterError.self) { try parse(json) }
    }

    @Test func `a bulk change requires an explicit condition`() {
        #expect(throws: FilterError.self) { try Where.parse(json: "null", for: TestModel.tenant) }
    }
}
