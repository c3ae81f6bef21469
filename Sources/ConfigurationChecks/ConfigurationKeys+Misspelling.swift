extension ConfigurationKeys {
    /// A variable that nothing reads, although its name is nearly that of a setting, or begins like those of settings.
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

    /// First words of names that belong to these settings alone. Other programs have variables with `HTTP_`, `AWS_`, `OTEL_` and so
    /// on.
    private static let ownPrefixes: Set<Substring> = [
        "ARC", "AUDIT", "BULLMQ", "CALLBACK", "DB", "EVENT", "EXPORT", "IDEMPOTENCY", "INVOICE", "JWT", "LEAD", "LOGIN",
        "MESSAGE", "METRICS", "NOTIFICATION", "OFFBOARDING", "OIDC", "ORCHESTRATOR", "OUTBOX", "PROVISIONER",
        "PROVISIONING", "QUERY", "RATE", "REDIS", "SMTP", "SQS", "TENANT", "TOKEN", "WEBHOOK",
    ]

    /// The variables of an environment that begin like settings and are none, with the setting whose name is nearest. The names may
    /// differ a lot: whoever sets such a variable meant some setting.
    /// - Parameter environment: The names of all variables.
    package func unknown(in environment: some Sequence<String>) -> [Misspelling] {
        let known = variables
        let prefixes = Self.ownPrefixes.intersection(known.map { $0.prefix { $0 != "_" } })
        return environment.filter { variable in
            !known.contains(variable) && prefixes.contains(variable.prefix { $0 != "_" }) && variable.contains("_")
                && !Self.isOfKubernetes(variable)
        }.sorted().compactMap { variable in
            let nearest = known.sorted().map { (name: $0, distance: Self.distance(variable, $0)) }
                .min { $0.distance < $1.distance }
            return nearest.map { Misspelling(variable: variable, setting: $0.name) }
        }
    }

    /// Kubernetes sets these for every Service beside a pod: for one that is called `redis`, `REDIS_SERVICE_HOST`,
    /// `REDIS_PORT_6379_TCP_ADDR` and so on.
    private static func isOfKubernetes(_ variable: String) -> Bool {
        if variable.contains("_SERVICE_HOST") || variable.contains("_SERVICE_PORT") { return true }
        guard let start = variable.firstRange(of: "_PORT_")?.upperBound else { return false }
        return variable[start...].first?.isNumber ?? false
    }

    /// The distance between names: words count more than letters, and words that begin alike are the same one.
    private static func distance(_ left: String, _ right: String) -> Int {
        func words(_ name: String) -> Set<Substring> { Set(name.split(separator: "_").map { $0.prefix(3) }) }
        let foreign = words(left).symmetricDifference(words(right)).count
        return 4 * foreign + distance(Array(left.utf8), Array(right.utf8))
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
