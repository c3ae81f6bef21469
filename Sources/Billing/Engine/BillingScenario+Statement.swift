extension BillingScenario {
    /// All that is billed before `until`.
    ///
    /// - Throws: what makes the scenario impossible, with a pointer to it.
    package func statement() throws(ScenarioRefusal) -> BillingStatement {
        var run = try begun()
        return try run.completed()
    }

    /// All that is billed before `until`, and how the subscription stands then.
    ///
    /// - Throws: what makes the scenario impossible, with a pointer to it.
    package func progress() throws(ScenarioRefusal) -> BillingProgress {
        var run = try begun()
        let statement = try run.completed()
        do {
            return try BillingProgress(run, statement)
        } catch {
            throw ScenarioRefusal(run.pointer, "It cannot be computed")
        }
    }

    private func begun() throws(ScenarioRefusal) -> BillingRun {
        do {
            return try BillingRun(self)
        } catch let refusal as ScenarioRefusal {
            throw refusal
        } catch {
            throw ScenarioRefusal("/start", "\(error)")
        }
    }
}

extension BillingRun {
    fileprivate mutating func completed() throws(ScenarioRefusal) -> BillingStatement {
        do {
            return try run()
        } catch let refusal as ScenarioRefusal {
            throw refusal
        } catch let error as BillingError {
            throw ScenarioRefusal(pointer, error.description)
        } catch {
            throw ScenarioRefusal(pointer, "It cannot be computed")
        }
    }
}
