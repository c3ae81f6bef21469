/// A service on the bus: the events that it publishes, and the groups for which it consumes events.
package struct EventParticipant: Sendable {
    /// A group of consumers with the types that it asks for.
    package struct Group: Sendable, Hashable {
        package let name: String
        package let types: Set<String>

        package init(name: String, types: Set<String>) {
            self.name = name
            self.types = types
        }
    }

    /// As the command line names it, such as `tenant-management`.
    package let name: String
    package let publishes: [EventDescription]
    package let groups: [Group]

    package init(name: String, publishes: [EventDescription], groups: [Group]) {
        self.name = name
        self.publishes = publishes
        self.groups = groups
    }
}
