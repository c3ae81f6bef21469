import JSONCoding
import PostgresTestSupport
import Primitives
import ServiceKit
import Testing
import WorkQueue

@testable import Orchestrator

/// Runs of several steps: what is recorded, what is undone, and how operators intervene.
@Suite(.serialized) struct WorkflowRunTests {
    /// Nothing is tried again by itself while a test looks.
    private static let patient = RunPolicy(provisioning: BackOff(initial: .seconds(600), maximum: .seconds(600)))

    @Test func `each step is recorded with its output, which is sealed and erased at the end`() async throws {
        try await RunStory.with(reply: { $0 == 1 ? .status(503) : .status(204) }) { story in
            let steps = ScriptedSteps(["a", "b"], needs: ["b": ["a"]])
            steps.set("+a") { _ in
                StepOutput(
                    values: ["password": "very secret"],
                    resources: [TenantResource(type: "t", metadata: ["n": 1], externalIdentifier: "first")])
            }
            steps.set("+b") { context throws(ProvisioningFailure) in
                let output = try context.output(of: "a")
                guard output["password"] == "very secret" else { throw .permanent("another output") }
                return StepOutput(
                    resources: [TenantResource(type: "t", metadata: [:], externalIdentifier: "second")],
                    appPlaneURL: "https://b.example.com")
            }
            let processor = try story.processor(steps)
            try await story.work(processor)
            #expect(steps.log == ["+a", "+b"])
            #expect(try await story.steps() == ["a succeeded 1 in out", "b succeeded 1 in out"])
            #expect(
                try await story.world.text("SELECT string_agg(s::text, '') FROM main.workflow_steps s")?
                    .contains("very secret") == false)
            try await story.letTimePass(.seconds(60))
            try await story.work(processor)
            #expect(try await story.steps() == ["a succeeded 1", "b succeeded 1"])
            let report = try #require(story.receiver.requests.last?.json["data"])
            #expect(report["resources"]?.arrayValue?.map { $0["externalIdentifier"] } == ["first", "second"])
            #expect(report["appPlaneUrl"] == "https://b.example.com")
            #expect(try await story.run().callbackState == "delivered")
        }
    }

    @Test func `a run that is given up undoes its steps in reverse order, and reports the failure`() async throws {
        try await RunStory.with { story in
            let steps = ScriptedSteps(["a", "b", "c", "d"])
            steps.fail("+c", .permanent("no space"))
            try await story.work(try story.processor(steps))
            #expect(steps.log == ["+a", "+b", "+c", "-c", "-b", "-a"])
            #expect(
                try await story.steps() == [
                    "a compensated 1", "b compensated 1", "c compensated 1 no space", "d pending 0",
                ])
            let run = try await story.run()
            #expect(run.state == "failed" && run.lastError == "no space" && run.callbackState == "delivered")
            #expect(try story.reportedStatuses() == [0])
        }
    }

    @Test func `an undo that fails is repeated, then visibly stuck, and ends by an operator`() async throws {
        try await RunStory.with { story in
            let steps = ScriptedSteps(["a", "b"])
            steps.fail("+b", .permanent("no space"))
            steps.fail("-a", .transient("locked"))
            let processor = try story.processor(
                steps,
                policy: RunPolicy(maximumAttempts: 3, callback: BackOff(initial: .seconds(1), maximum: .seconds(1))))
            for _ in 1...3 {
                #expect(try await story.work(processor) == 1)
                try await story.letTimePass(.seconds(60))
            }
            var run = try await story.run()
            #expect(run.state == "stuck" && run.lastError == "locked" && run.isUnfinished && !run.isClaimed)
            #expect(steps.log == ["+a", "+b", "-b", "-a", "-a", "-a"])
            #expect(try story.reportedStatuses() == [0], "the tenant need not wait")
            try await story.letTimePass(.seconds(86_400))
            #expect(try await story.work(processor) == 0)

            // A later run of the tenant waits.
            let next = story.test.next(.deprovision)
            #expect(try await story.world.repository().enqueue(try next.event()))
            #expect(try await story.work(processor) == 0)

            steps.set("-a", nil)
            #expect(try await story.command(.resume))
            #expect(try await story.work(processor) == 1)
            run = try await story.run(of: story.test)
            #expect(run.state == "failed" && !run.isUnfinished && !run.holdsEvent)
            #expect(steps.log.last == "-a")
            #expect(try story.reportedStatuses() == [0], "reported once")
            #expect(try await story.work(processor) == 1, "the later run goes on")
        }
    }

    @Test func `what an outage delays is undone after it`() async throws {
        try await RunStory.with { story in
            let steps = ScriptedSteps(["a", "b"])
            steps.fail("+b", .permanent("no space"))
            steps.fail("-a", .unavailable("the database is away"))
            let processor = try story.processor(steps, policy: RunPolicy(maximumAttempts: 2))
            for _ in 1...5 {
                #expect(try await story.work(processor) == 1)
                #expect(try await story.run().state == "compensating")
                try await story.letTimePass(.seconds(60))
            }
            steps.set("-a", nil)
            #expect(try await story.work(processor) == 1)
            #expect(try await story.run().state == "failed")
            #expect(try story.reportedStatuses() == [0])
        }
    }

    @Test func `a step that takes too long is ended, and counts as failed`() async throws {
        try await RunStory.with { story in
            let steps = ScriptedSteps(["a"], timeout: .milliseconds(50))
            steps.set("+a") { _ throws(ProvisioningFailure) in
                do { try await Task.sleep(for: .seconds(3600)) } catch { throw .transient("canceled") }
                return StepOutput()
            }
            try await story.work(try story.processor(steps))
            let run = try await story.run()
            #expect(run.state == "pending" && run.attempts == 1)
            #expect(run.lastError == "the step was ended after 0 s")
        }
    }

    // MARK: Operators

    @Test func `a waiting step is tried again at once, skipped or given up`() async throws {
        for command in WorkflowCommand.allCases {
            try await RunStory.with { story in
                let steps = ScriptedSteps(["a", "b"])
                steps.fail("+a", .transient("no space"))
                let processor = try story.processor(steps, policy: Self.patient)
                try await story.work(processor)
                #expect(try await story.work(processor) == 0, "it waits")
                let id = Identifier.v4()
                #expect(try await story.command(command, id: id))
                // Again, by another event: it has its effect once.
                #expect(try await story.command(command, id: id) == false)
                steps.set("+a", nil)
                #expect(try await story.work(processor) == 1)
                switch command {
                case .resume: #expect(steps.log == ["+a", "+a", "+b"])
                case .skip: #expect(steps.log == ["+a", "+b"])
                case .abort: #expect(steps.log == ["+a", "-a"])
                }
                #expect(try story.reportedStatuses() == [command == .abort ? 0 : 1])
                let shown = try #require(story.receiver.requests.last?.json["data"]?["progress"])
                #expect(shown["commands"]?[0]?["id"] == .identifier(id))
                #expect(shown["commands"]?[0]?["outcome"] == "APPLIED")
                if command == .abort { #expect(shown["reason"] == "aborted by an operator: as a test") }
                // The run is over.
                #expect(try await story.command(command))
                #expect(try await story.commands().last == "\(command.rawValue) refused the run is over")
            }
        }
    }

    @Test func `a step at work is interrupted when an operator gives the run up`() async throws {
        try await RunStory.with { story in
            let (started, start) = AsyncStream<Void>.makeStream()
            let steps = ScriptedSteps(["a", "b"])
            steps.set("+b") { _ throws(ProvisioningFailure) in
                start.yield()
                do { try await Task.sleep(for: .seconds(3600)) } catch { throw .transient("canceled") }
                return StepOutput()
            }
            var policy = RunPolicy()
            policy.commandInterval = .milliseconds(20)
            let processor = try story.processor(steps, policy: policy)
            async let works = story.work(processor)
            var iterator = started.makeAsyncIterator()
            _ = await iterator.next()
            #expect(try await story.command(.abort))
            #expect(try await works == 1)
            #expect(steps.log == ["+a", "+b", "-b", "-a"])
            #expect(try await story.run().state == "failed")
        }
    }

    @Test func `what is not possible is refused with what is`() async throws {
        try await RunStory.with { story in
            let steps = ScriptedSteps(["a", "b"], needs: ["b": ["a"]])
            steps.fail("+a", .transient("no space"))
            let processor = try story.processor(steps, policy: Self.patient)
            try await story.work(processor)
            #expect(try await story.command(.skip))
            try await story.work(processor)
            #expect(
                try await story.commands() == ["skip refused not possible in this state; possible: resume, abort"])
            #expect(steps.log == ["+a", "+a"], "the run was due at once all the same")
        }
    }

    // MARK: Removal

    @Test func `a tenant that was never provisioned has nothing to remove`() async throws {
        try await RunStory.with { story in
            let processor = try story.processor()
            try await story.work(processor)
            var other = TestEvent(key: "other").next(.deprovision)
            other.tier = nil
            #expect(try await story.world.repository().enqueue(try other.event()))
            #expect(try await story.work(processor) == 1)
            let report = try #require(try story.receiver.requests.last?.json)
            #expect(report["type"] == 1 && report["data"]?["status"] == 1 && report["data"]?["resources"] == [])
            #expect(report["initiatorId"] == .identifier(other.tenant))
        }
    }

    @Test func `a tenant is removed by the tier that it was provisioned by`() async throws {
        try await RunStory.with { story in
            let provisioner = ScriptedProvisioner()
            let processor = try story.processor(provisioner)
            try await story.work(processor)
            var removal = story.test.next(.deprovision)
            removal.tier = nil
            #expect(try await story.world.repository().enqueue(try removal.event()))
            #expect(try await story.work(processor) == 1)
            #expect(provisioner.count == 2)
            let report = try #require(story.receiver.requests.last)
            #expect(try report.isSigned(for: removal))
            #expect(try report.json["type"] == 1)
            #expect(try report.json["data"]?["progress"]?["tier"] == "BASIC")
        }
    }

    @Test func `the requests of a tenant are performed in their order, whatever the clocks of the nodes say`()
        async throws
    {
        try await RunStory.with { story in
            let provisioner = ScriptedProvisioner()
            let processor = try story.processor(provisioner)
            // Received by a node whose clock is an hour behind: its identifiers are smaller.
            var removal = story.test.next(.deprovision)
            removal.tier = nil
            let late = ManualClock(story.world.clock.now().adding(.seconds(-3600)))
            #expect(try await story.world.repository(clock: late).enqueue(try removal.event()))
            for kind in [WorkflowKind.provision, .deprovision] {
                #expect(try await story.work(processor) == 1)
                #expect(try story.receiver.requests.last?.json["type"]?.intValue == kind.callbackType.number)
            }
            #expect(provisioner.count == 2, "what was made is removed")
            #expect(try story.receiver.requests.last?.json["data"]?["progress"]?["tier"] == "BASIC")
        }
    }

    // MARK: Runs of earlier versions

    @Test func `a run that an earlier version has stored is performed to its end`() async throws {
        try await RunStory.with { story in
            // As migration 10 leaves it: without steps, and with an attempt behind it.
            try await story.world.admin.execute(
                "UPDATE main.provisioning_runs SET attempts = 2, last_error = 'no space', provisioner = 'test'")
            try await story.work(try story.processor(ScriptedSteps(["a", "b"])))
            #expect(try await story.run().callbackState == "delivered")
            #expect(try await story.steps() == ["a succeeded 1", "b succeeded 1"])
        }
        try await RunStory.with { story in
            // Provisioned, and killed before the callback.
            try await story.world.admin.execute(
                """
                UPDATE main.provisioning_runs SET state = 'provisioned', attempts = 1, callback_state = 'pending',
                    resources = '[{"type": "bucket", "metadata": {}, "externalIdentifier": "old"}]', app_plane_url = 'http://old'
                """)
            let steps = ScriptedSteps(["a"])
            try await story.work(try story.processor(steps))
            #expect(steps.log.isEmpty)
            let report = try #require(story.receiver.requests.last?.json["data"])
            #expect(report["status"] == 1 && report["appPlaneUrl"] == "http://old")
            #expect(report["resources"]?[0]?["externalIdentifier"] == "old")
        }
    }

    // MARK: Progress

    @Test func `progress is reported until the newest state is, signed as the outcome is`() async throws {
        let replies: [Receiver.Reply] = [.status(500), .status(204)]
        try await RunStory.with(reply: { replies[min($0, replies.count) - 1] }) { story in
            let steps = ScriptedSteps(["a", "b"])
            steps.fail("+b", .transient("no space"))
            try await story.work(try story.processor(steps))
            // Not accepted at first.
            for _ in 1...2 {
                #expect(try await story.reportProgress() == 1)
                try await story.letTimePass(.seconds(60))
            }
            #expect(try await story.reportProgress() == 0, "nothing has changed")
            let report = try #require(story.receiver.requests.last)
            #expect(try report.isSigned(for: story.test))
            let json = try report.json
            #expect(json["type"] == 2 && json["initiatorId"] == .identifier(story.test.tenant))
            let data = try #require(json["data"])
            #expect(data["context"]?.stringValue == story.test.context && data["state"] == "RUNNING")
            #expect(data["kind"] == "PROVISION" && data["tier"] == "BASIC")
            #expect(data["possibleCommands"] == ["resume", "skip", "abort"])
            #expect(data["steps"]?.arrayValue?.map { $0["state"] } == ["SUCCEEDED", "WAITING"])
            #expect(data["steps"]?[1]?["lastError"] == "no space" && data["steps"]?[1]?["attempts"] == 1)
            #expect(String(decoding: report.bytes, as: UTF8.self).contains(story.test.secret) == false)
        }
    }
}
