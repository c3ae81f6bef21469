/// Every permission code that the API knows (contract 3.4), for tokens that may do everything.
package enum PermissionCatalog {
    /// All codes.
    package static let all: [String] =
        codes(1...12) + codes(5321...5329) + codes(5331...5333) + codes(7001...7008) + codes(7013...7035)
        + codes(8000...8003) + codes(10_200...10_216) + codes(10_220...10_223)
        + ["Feature", "Strategy", "FeatureValues"].flatMap { subject in
            ["View", "Create", "Update", "Delete"].map { $0 + subject }
        }

    private static func codes(_ range: ClosedRange<Int>) -> [String] { range.map(String.init) }
}
