/// How much a span can hold. What is more is dropped and counted in the span.
package struct SpanLimits: Sendable, Hashable {
    /// Most attributes of a span.
    package var attributes: Int
    /// Longest text in an attribute, in characters; nil for any length.
    package var valueLength: Int?
    package var events: Int
    package var links: Int

    package init(attributes: Int = 128, valueLength: Int? = nil, events: Int = 128, links: Int = 128) {
        self.attributes = attributes
        self.valueLength = valueLength
        self.events = events
        self.links = links
    }

    func shortened(_ attribute: Attribute) -> Attribute {
        guard let valueLength else { return attribute }
        return Attribute(attribute.key, attribute.value.shortened(to: valueLength))
    }
}
