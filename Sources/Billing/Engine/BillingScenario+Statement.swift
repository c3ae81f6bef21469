extension BillingScenario {
    /// All that is billed before `until`.
    ///
    /// - Throws: what makes the scenario impossible, with a pointer to it.
    package func statement() throws(ScenarioRefusal) -> BillingStatement {
        var run: BillingRun
        do {
            run = try BillingRun(self)
        } catch let refusal as ScenarioRefusal {
            throw refusal
        } catch {
            throw ScenarioRefusal("/start", "\(error)")
        }
        do {
            return try run.run()
        } catch let refusal as ScenarioRefusal {
            throw refusal
        } catch let error as BillingError {
            throw ScenarioRefusal(run.pointer, error.description)
        } catch {
            throw ScenarioRefusal(run.pointer, "It cannot be computed")
        }
    }
}
