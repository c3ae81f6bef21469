package import HTTPTypes

/// Looks up headers by a name that is only known at run time.
package enum HTTPHeaderLookup {
    /// The header's value; nil when it is missing or the name is not one.
    package static func value(_ name: String, in headers: HTTPFields) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }
}
