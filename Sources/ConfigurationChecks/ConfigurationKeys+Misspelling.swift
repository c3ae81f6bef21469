extension ConfigurationKeys {
    /// A variable that nothing reads, although its name is nearly that of a setting.
    package struct Misspelling: Sendable, Hashable {
        package let variable: String
        package let setting: String
    }

    /// Shorter names are similar to too many others.
    private static let shortestName = 6

    /// The variables of an environment that are probably misspelled: one letter is missing, extra or different, or two are
    /// interchanged; in names of 12 letters or more, two such errors.
    /// - Parameter environment: The names of all variables.
    package func misspellings(in environment: some Sequence<String>) -> [Misspelling] {
        let known = variables
        return environment.filter { !known.contains($0) && $0.utf8.count >= Self.shortestName }.sorted().compactMap {
            variable in
            let bound = variable.utf8.count < 12 ? 1 : 2
            let similar = known.filter { abs($0.utf8.count - variable.utf8.count) <= bound }.sorted()
                .map { (name: $0, distance: Self.distance(Array(variable.utf8), Array($0.utf8))) }
                .min { $0.distance < $1.distance }
            guard let similar, similar.distance <= bound, similar.name.utf8.count >= Self.shortestName else {
                return nil
            }
            return Misspelling(variable: variable, setting: similar.name)
        }
    }

    /// The optimal string alignment distance: changes, insertions, deletions and exchanges of neighbors.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var rows = [Array(0...right.count)]
        for row in left.indices.map({ $0 + 1 }) {
            var current = [row]
            for column in right.indices.map({ $0 + 1 }) {
                let isSame = left[row - 1] == right[column - 1]
                var best = min(
                    rows[row - 1][column] + 1, current[column - 1] + 1, rows[row - 1][column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                current.append(best)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
