extension JSONValue {
    /// How deep objects and arrays nest, counted as ``JSONLimits/depth`` counts: 0 for a scalar, 1 for `[1]`.
    package var depth: Int {
        switch self {
        case .null, .bool, .number, .string: 0
        case .array(let elements): 1 + (elements.lazy.map(\.depth).max() ?? 0)
        case .object(let object): 1 + (object.lazy.map(\.value.depth).max() ?? 0)
        }
    }
}
