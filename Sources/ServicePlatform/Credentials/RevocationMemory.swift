import Primitives
import ServiceKit

/// All revocations that hold, in memory. A pure value; ``RevokedTokens`` guards it.
struct RevocationMemory: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// Revocations that are kept. With more of them, each token is looked up in the database.
    static let capacity = 200_000

    private struct Subject: Hashable {
        let kind: Revocation.Kind
        let value: String
        let tenant: Identifier?
    }

    private var revocations: [Identifier: Revocation] = [:]
    private var subjects: [Subject: [Identifier]] = [:]
    private var confirmedAt: Instant?
    /// Whether nothing is missing but the changes since the last report.
    private(set) var isComplete = false
    /// Grows when changes may have been missed: what began to be read before does not make memory complete.
    private(set) var generation = 0

    var count: Int { revocations.count }

    func isCurrent(_ instant: Instant) -> Bool {
        isComplete && confirmedAt.map { $0.duration(to: instant) <= EntityCache.maximumAge } ?? false
    }

    func isRevoked(_ token: RevocableToken) -> Bool {
        guard !revocations.isEmpty else { return false }
        if let id = token.id, !matches(.token, id, token.tenant).isEmpty { return true }
        return token.users.contains { user in
            matches(.user, user, token.tenant).contains { revocation in
                guard let issuedAt = token.issuedAt, let before = revocation.issuedBefore else { return true }
                return issuedAt < before
            }
        }
    }

    private func matches(_ kind: Revocation.Kind, _ value: String, _ tenant: Identifier?) -> [Revocation] {
        var ids = subjects[Subject(kind: kind, value: value, tenant: nil)] ?? []
        if let tenant { ids += subjects[Subject(kind: kind, value: value, tenant: tenant)] ?? [] }
        return ids.compactMap { revocations[$0] }
    }

    // MARK: Changes

    /// Adds all that were read. Those that are known stay: they may be newer than what was read, and none is ever taken back.
    /// - Parameters:
    ///   - all: All of them; with more than ``capacity``, memory is incomplete.
    ///   - generation: ``generation`` before they were read.
    mutating func load(_ all: [Revocation], generation: Int) {
        guard generation == self.generation else { return }
        for revocation in all.prefix(Self.capacity + 1) { insert(revocation) }
        isComplete = true
        invalidateIfTooLarge()
    }

    /// Takes over what has become of some revocations.
    /// - Parameter found: Those of them that exist.
    mutating func update(_ ids: [Identifier], found: [Revocation]) {
        for id in ids { remove(id) }
        for revocation in found { insert(revocation) }
        invalidateIfTooLarge()
    }

    /// Changes may have been missed. What is known is of no use until everything was read again.
    mutating func invalidate() {
        generation += 1
        isComplete = false
        revocations = [:]
        subjects = [:]
    }

    private mutating func invalidateIfTooLarge() {
        if revocations.count > Self.capacity { invalidate() }
    }

    /// All changes before this instant were reported.
    mutating func confirm(at instant: Instant) { confirmedAt = max(confirmedAt ?? instant, instant) }

    private mutating func insert(_ revocation: Revocation) {
        guard revocations.updateValue(revocation, forKey: revocation.id) == nil else { return }
        subjects[Self.subject(revocation), default: []].append(revocation.id)
    }

    private mutating func remove(_ id: Identifier) {
        guard let revocation = revocations.removeValue(forKey: id) else { return }
        let subject = Self.subject(revocation)
        subjects[subject]?.removeAll { $0 == id }
        if subjects[subject]?.isEmpty == true { subjects[subject] = nil }
    }

    private static func subject(_ revocation: Revocation) -> Subject {
        Subject(kind: revocation.kind, value: revocation.value, tenant: revocation.tenant)
    }
}
