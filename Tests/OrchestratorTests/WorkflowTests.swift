import PostgresTestSupport
import Primitives
import Testing
import WorkQueue

@testable import Orchestrator

/// The workflow as a value: whatever happens, and wherever its process dies, it ends where it should.
@Suite struct WorkflowTests {
    private static let now = Timestamp(seconds: 1_800_000_000)

    private struct NamedStep: ProvisioningStep {
        let name: String
        var needs: [String] = []

        func perform(_ context: StepContext) async throws(ProvisioningFailure) -> StepOutput { StepOutput() }
    }

    private func plan(_ names: [String], needs: [String: [String]] = [:]) throws -> WorkflowPlan {
        try WorkflowPlan(.provision, names.map { NamedStep(name: $0, needs: needs[$0] ?? []) })
    }

    @Test func `the reason of a failure is what is logged and stored of it`() {
        #expect(FailureReason.describing(ProvisioningFailure.transient("pg_dump failed")) == "pg_dump failed")
        #expect(FailureReason.describing(ProvisioningOutage(description: "eu-1 is away")) == "eu-1 is away")
    }

    // MARK: Plans

    @Test(arguments: [
        (["a", "a"], [:], "two steps"), (["a", "B"], [:], "name of step B"), ([], [:], "1 to 50 steps"),
        (["a", "b"], ["a": ["b"]], "needs step b"), (["a"], ["a": ["a"]], "needs step a"), (["a b"], [:], "a-z"),
    ])
    func `a plan with mistakes is refused with the reason`(
        names: [String], needs: [String: [String]], fragment: String
    ) throws {
        let failure = try #require(throws: ProvisioningFailure.self) { _ = try plan(names, needs: needs) }
        #expect(failure.kind == .permanent && failure.reason.contains(fragment), "\(failure)")
    }

    @Test func `a step whose output is needed cannot be skipped`() throws {
        let workflow = Workflow(try plan(["a", "b"], needs: ["b": ["a"]]))
        #expect(workflow.steps.map(\.isSkippable) == [false, true])
        #expect(workflow.possibleCommands == [.abort])
    }

    @Test func `a changed plan replaces only steps that were not begun`() throws {
        var workflow = Workflow(try plan(["a", "b", "c"]))
        workflow.begin(0, at: Self.now)
        workflow.succeed(0, at: Self.now)
        var longer = workflow
        #expect(longer.adopt(try plan(["a", "x", "y", "z"])))
        #expect(longer.steps.map(\.name) == ["a", "x", "y", "z"] && longer.next == .perform(1))
        var shorter = workflow
        #expect(shorter.adopt(try plan(["a"])))
        #expect(shorter.phase == .succeeded)
        var other = workflow
        #expect(!other.adopt(try plan(["b", "a"])))
        #expect(other == workflow)
        // To undo what was done, the plan must know how.
        workflow.giveUp(because: "no")
        #expect(workflow.adopt(try plan(["a"])))
        #expect(!workflow.adopt(try plan(["b"])))
    }

    // MARK: Commands

    @Test func `what is not possible changes nothing`() throws {
        var workflow = Workflow(try plan(["a", "b"]))
        workflow.begin(0, at: Self.now)
        let before = workflow
        let resumed = workflow.apply(.resume, because: "x", at: Self.now)
        #expect(!resumed)
        #expect(workflow == before)
        workflow.retry(0, because: "full")
        #expect(workflow.possibleCommands == [.resume, .skip, .abort])
        let isApplied = workflow.apply(.resume, because: "x", at: Self.now)
        #expect(isApplied)
        #expect(workflow.steps[0].attempts == 0)
        workflow.succeed(0, at: Self.now)
        workflow.succeed(1, at: Self.now)
        #expect(workflow.phase == .succeeded && workflow.possibleCommands.isEmpty)
        for command in WorkflowCommand.allCases {
            let done = workflow.apply(command, because: "x", at: Self.now)
            #expect(!done)
        }
    }

    @Test func `a stuck workflow can be resumed, passed over or ended`() throws {
        var stuck = Workflow(try plan(["a", "b", "c"]))
        for step in 0...1 {
            stuck.begin(step, at: Self.now)
            stuck.succeed(step, at: Self.now)
        }
        stuck.begin(2, at: Self.now)
        stuck.fail(2, because: "never", at: Self.now)
        #expect(stuck.next == .compensate(2))
        stuck.beginCompensation(2)
        stuck.compensated(2, at: Self.now)
        stuck.beginCompensation(1)
        stuck.failCompensation(1, because: "locked", isCounted: true, isFinal: true)
        #expect(stuck.phase == .stuck && stuck.next == .none && stuck.reason == "never")
        #expect(stuck.possibleCommands == WorkflowCommand.allCases)

        var (resumed, skipped, aborted) = (stuck, stuck, stuck)
        let results = [
            resumed.apply(.resume, because: "x", at: Self.now), skipped.apply(.skip, because: "x", at: Self.now),
            aborted.apply(.abort, because: "x", at: Self.now),
        ]
        #expect(results == [true, true, true])
        #expect(resumed.next == .compensate(1) && resumed.steps[1].compensationAttempts == 0)
        #expect(skipped.next == .compensate(0) && skipped.steps[1].state == .kept)
        #expect(aborted.phase == .failed && aborted.steps.map(\.state) == [.kept, .kept, .compensated])
    }

    // MARK: Any order of events

    /// What steps do to the world, and what a process that is killed leaves there.
    private struct World {
        var made: Set<Int> = []
        var log: [String] = []
    }

    @Test(arguments: 0..<400)
    func `it ends where it should, wherever its process dies`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let count = Int.random(in: 1...6, using: &random)
        var stored = Workflow(try plan((0..<count).map { "step-\($0)" }))
        var world = World()
        var turns = 0
        // Trouble ends at some time.
        let trouble = Int.random(in: 0...60, using: &random)
        while !stored.phase.isOver {
            turns += 1
            try #require(turns < 2000, "it does not end")
            var workflow = stored
            let isTroubled = turns < trouble
            if isTroubled, Int.random(in: 0..<8, using: &random) == 0,
                let command = workflow.possibleCommands.randomElement(using: &random)
            {
                let isApplied = workflow.apply(command, because: "an operator", at: Self.now)
                #expect(isApplied)
                stored = workflow
                continue
            }
            if workflow.phase == .stuck {
                let isApplied = workflow.apply(.resume, because: "an operator", at: Self.now)
                #expect(isApplied)
                stored = workflow
                continue
            }
            /// Whether the process dies here: what is not stored is lost.
            func dies() -> Bool { isTroubled && Int.random(in: 0..<6, using: &random) == 0 }
            switch workflow.next {
            case .none: Issue.record("nothing is next in \(workflow.phase)")
            case .perform(let step):
                let earlier = workflow.steps[..<step].map(\.state)
                #expect(earlier.allSatisfy { $0 == .succeeded || $0 == .skipped })
                if dies() { continue }
                workflow.begin(step, at: Self.now)
                stored = workflow
                if dies() { continue }
                let outcome = isTroubled ? Int.random(in: 0..<6, using: &random) : 0
                // Also an attempt that fails may have done something.
                if outcome == 0 || Bool.random(using: &random) { world.made.insert(step) }
                if dies() { continue }
                switch outcome {
                case 1: workflow.retry(step, because: "failed")
                case 2: workflow.postpone(step, because: "away")
                case 3: workflow.fail(step, because: "never", at: Self.now)
                default:
                    world.made.insert(step)
                    workflow.succeed(step, at: Self.now)
                }
                stored = workflow
            case .compensate(let step):
                #expect(workflow.steps[(step + 1)...].allSatisfy { !$0.isCompensable }, "in reverse order")
                #expect(workflow.steps[step].startedOn != nil, "nothing is undone that was not begun")
                if dies() { continue }
                workflow.beginCompensation(step)
                stored = workflow
                if dies() { continue }
                let outcome = isTroubled ? Int.random(in: 0..<4, using: &random) : 0
                if outcome == 0 || Bool.random(using: &random) { world.made.remove(step) }
                if dies() { continue }
                switch outcome {
                case 1: workflow.failCompensation(step, because: "failed", isCounted: true, isFinal: false)
                case 2: workflow.failCompensation(step, because: "failed", isCounted: true, isFinal: true)
                default:
                    world.made.remove(step)
                    workflow.compensated(step, at: Self.now)
                }
                stored = workflow
            }
        }
        let kept = Set(stored.steps.indices.filter { stored.steps[$0].state == .kept })
        switch stored.phase {
        case .succeeded:
            let done = Set(stored.steps.indices.filter { stored.steps[$0].state == .succeeded })
            #expect(world.made.isSuperset(of: done), "what succeeded is there")
            #expect(world.made.subtracting(done).allSatisfy { stored.steps[$0].state == .skipped })
        case .failed:
            #expect(world.made.isSubset(of: kept), "nothing is left but what an operator has kept")
            #expect(stored.reason != nil)
        default: Issue.record("ended in \(stored.phase)")
        }
    }
}
