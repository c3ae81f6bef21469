package import JSONCoding
import Primitives

/// What a JSON value must look like: the part of JSON Schema that the API needs. One value both validates requests
/// (`validate`) and documents them (`write`).
package struct Schema: Sendable, Hashable {
    /// A member of an object.
    package struct Property: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// What it may be.
        package let schema: Schema
        /// Whether it must be there.
        package let isRequired: Bool

        /// A member; optional unless `required`.
        package init(_ name: String, _ schema: Schema, required: Bool = false) {
            self.name = name
            self.schema = schema
            isRequired = required
        }
    }

    struct StringRules: Sendable, Hashable {
        var minimumLength: Int?
        var maximumLength: Int?
        var pattern: Pattern?
        var format: StringFormat?
    }

    struct NumberRules: Sendable, Hashable {
        var isInteger: Bool
        var minimum: Int?
        var maximum: Int?
        var exclusiveMinimum: Int?
        var width: IntegerWidth?
    }

    struct ArrayRules: Sendable, Hashable {
        var items: Schema
        var hasUniqueItems: Bool
        var minimumCount: Int?
        var maximumCount: Int?
    }

    struct ObjectRules: Sendable, Hashable {
        var properties: [Property]
        var isClosed: Bool
        /// Position in `properties` by name.
        var index: [ExactText: Int]

        init(_ properties: [Property], isClosed: Bool) {
            self.properties = properties
            self.isClosed = isClosed
            index = Dictionary(properties.indices.map { (ExactText(properties[$0].name), $0) }) { _, last in last }
        }
    }

    indirect enum Kind: Sendable, Hashable {
        case string(StringRules)
        case number(NumberRules)
        case boolean
        case array(ArrayRules)
        case object(ObjectRules)
        case any
        case anyOf([Schema])
        case reference(String)
    }

    var kind: Kind
    /// The name of the component that documents this schema; nil: written in place.
    package private(set) var name: String?
    private(set) var isNullable = false
    private(set) var allowedValues: [JSONValue] = []
    private(set) var text = ""
    private(set) var exampleValue: JSONValue?
    private(set) var defaultValue: JSONValue?
    /// Keywords of JSON Schema for the documents alone: what checks them is not this schema.
    private(set) var keywords: JSONObject = [:]

    init(_ kind: Kind, name: String? = nil, allowedValues: [JSONValue] = []) {
        self.kind = kind
        self.name = name
        self.allowedValues = allowedValues
    }

    private func with(_ change: (inout Schema) -> Void) -> Schema {
        var copy = self
        change(&copy)
        return copy
    }

    /// The same, accepting `null` too.
    package func nullable() -> Schema { with { $0.isNullable = true } }

    /// The same without `null`: what a component is, which others may make nullable where they refer to it.
    func component() -> Schema { with { $0.isNullable = false } }

    /// The same with a description for the documents.
    package func described(_ text: String) -> Schema { with { $0.text = text } }

    /// The same with an example for the documents.
    package func example(_ value: JSONValue) -> Schema { with { $0.exampleValue = value } }

    /// The same with a default for the documents (validation does not fill it in).
    package func defaulting(_ value: JSONValue) -> Schema { with { $0.defaultValue = value } }

    /// The same with further keywords of JSON Schema for the documents (validation does not look at them).
    package func documented(_ keywords: JSONObject) -> Schema { with { $0.keywords = keywords } }

    /// The same as a component of this name in the document.
    package func named(_ name: String) -> Schema { with { $0.name = name } }
}
