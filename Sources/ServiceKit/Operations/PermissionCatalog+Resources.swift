extension PermissionCatalog {
    /// All codes, for tokens that may do everything: the known ones, and those of further resources.
    package static func all(with resources: [EntityResource]) -> [String] {
        all + Set(resources.flatMap(\.access.permissions)).subtracting(all).sorted()
    }
}
