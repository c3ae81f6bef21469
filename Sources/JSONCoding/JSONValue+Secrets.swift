/// Secret members of documents: those whose names say so (``SecretName``), at any depth. What is in them is one secret as a whole.
extension JSONValue {
    /// The document with other values for its secret members. Those that are null stay so.
    /// - Parameters:
    ///   - former: An earlier version of the document.
    ///   - replace: Gets the value, and the one at the same place of the earlier version.
    package func replacingSecrets<Failure: Error>(
        beside former: JSONValue? = nil, _ replace: (JSONValue, JSONValue?) throws(Failure) -> JSONValue
    ) throws(Failure) -> JSONValue {
        switch self {
        case .object(let members):
            var result = JSONObject()
            for (name, value) in members {
                let earlier = former?[name]
                if !SecretName.matches(name) {
                    result[name] = try value.replacingSecrets(beside: earlier, replace)
                } else {
                    result[name] = value.isNull ? value : try replace(value, earlier)
                }
            }
            return .object(result)
        case .array(let items):
            let earlier = former?.arrayValue ?? []
            var result: [JSONValue] = []
            for (position, item) in items.enumerated() {
                result.append(
                    try item.replacingSecrets(
                        beside: position < earlier.count ? earlier[position] : nil, replace))
            }
            return .array(result)
        default: return self
        }
    }

    /// Names and positions that lead to the first secret member that is not null; nil if no secret member has a value.
    package var pathOfSecret: [String]? {
        switch self {
        case .object(let members):
            for (name, value) in members {
                if SecretName.matches(name) {
                    if !value.isNull { return [name] }
                } else if let path = value.pathOfSecret {
                    return [name] + path
                }
            }
        case .array(let items):
            for (position, item) in items.enumerated() {
                if let path = item.pathOfSecret { return [String(position)] + path }
            }
        default: break
        }
        return nil
    }
}
