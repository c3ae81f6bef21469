package import HTTPTypes

extension HTTPField.Name {
    /// A name that is written in the source code. A malformed one is a mistake of the programmer that the first use
    /// shows; names from outside go through `init?(_:)`.
    package init(literal: StaticString) {
        guard let name = HTTPField.Name(String(describing: literal)) else {
            preconditionFailure("not the name of an HTTP field: \(literal)")
        }
        self = name
    }
}
