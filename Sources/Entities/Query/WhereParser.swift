import JSONCoding
import PostgresClient
import Primitives

/// Reads the tree of a `where` for one entity (docs/contract/arc-api.md 4.2, with the recommended semantics: every
/// condition counts, unknown properties are refused).
struct WhereParser {
    let entity: Entity
    let limits: QueryLimits
    var problems = QueryProblems()
    private(set) var conditionCount = 0

    init(entity: Entity, limits: QueryLimits, conditionCount: Int = 0) {
        self.entity = entity
        self.limits = limits
        self.conditionCount = conditionCount
    }

    mutating func condition(_ value: JSONValue, at path: String, depth: Int) -> Where {
        guard case .object(let object) = value else {
            problems.add(.type(path, "object"))
            return .everything
        }
        guard depth <= limits.maximumWhereDepth else {
            problems.add(.tooMany(path, "maxDepth", "levels of and/or", limits.maximumWhereDepth))
            return .everything
        }
        var parts: [Where] = []
        for (key, member) in object {
            let place = "\(path)/\(JSONPointer.escape(key))"
            switch key {
            case "and": parts += group(member, at: place, depth: depth)
            case "or": parts.append(.any(group(member, at: place, depth: depth)))
            default:
                if key.hasPrefix("$") {
                    problems.addForbiddenOperator(key, at: path)
                } else if let field = entity.visibleField(named: key) {
                    parts += conditions(member, on: field, at: place)
                } else {
                    problems.add(.additionalProperty(path, key))
                }
            }
        }
        let condition = parts.count == 1 ? parts[0] : Where.all(parts)
        // Only `{}` itself says that every row is meant.
        return condition == .everything && !object.isEmpty ? .all([.everything]) : condition
    }

    private mutating func group(_ value: JSONValue, at path: String, depth: Int) -> [Where] {
        guard case .array(let items) = value else {
            problems.add(.type(path, "array"))
            return []
        }
        guard items.count <= limits.maximumConditions else {
            problems.add(.tooMany(path, "maxConditions", "conditions", limits.maximumConditions))
            return []
        }
        var parts: [Where] = []
        for (position, item) in items.enumerated() {
            parts.append(condition(item, at: "\(path)/\(position)", depth: depth + 1))
        }
        return parts
    }

    /// `value`, or `{operator: operand, …}`.
    private mutating func conditions(_ value: JSONValue, on field: FieldDefinition, at path: String) -> [Where] {
        var operand = OperandParser(field: field, limits: limits)
        defer { problems.add(operand.problems) }
        guard case .object(let operators) = value, !operand.takesLiterally(operators) else {
            guard count(at: path) else { return [] }
            return operand.predicate("eq", value, at: path).map { [.condition(field.name, $0)] } ?? []
        }
        guard !operators.isEmpty else {
            problems.add(.count(path, "minProperties", 1))
            return []
        }
        var parts: [Where] = []
        for (name, member) in operators {
            guard !name.hasPrefix("$") else {
                problems.addForbiddenOperator(name, at: path)
                continue
            }
            guard OperandParser.operators.contains(ExactText(name)) else {
                problems.add(.additionalProperty(path, name))
                continue
            }
            guard count(at: path) else { return parts }
            if let predicate = operand.predicate(name, member, at: "\(path)/\(name)") {
                parts.append(.condition(field.name, predicate))
            }
        }
        return parts
    }

    private mutating func count(at path: String) -> Bool {
        conditionCount += 1
        if conditionCount == limits.maximumConditions + 1 {
            problems.add(.tooMany(path, "maxConditions", "conditions", limits.maximumConditions))
        }
        return conditionCount <= limits.maximumConditions
    }
}
