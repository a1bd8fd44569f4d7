import MimoFiles

extension Trainer {
    /// Whether the step that was just done ends with an evaluation; the run's last one does too, as in ms-swift.
    var isEvaluationDue: Bool {
        let evaluation = options.evaluation
        guard evaluation.isOn, validation != nil || probe != nil else { return false }
        return state.step == totalSteps || (evaluation.steps.map { state.step % $0 == 0 } ?? false)
            || (evaluation.endsEpochs && state.step % rows.stepsPerEpoch == 0)
    }

    /// Looks at the model before the first step: what later evaluations are compared with.
    ///
    /// - Returns: Whether the run goes on.
    /// - Throws: As ``evaluate(_:_:)``.
    func evaluateAtStart(_ log: AppendedLog, _ report: (TrainingEvent) -> Disposition) throws -> Bool {
        guard options.evaluation.isOn, probe != nil || options.evaluation.atStart else { return true }
        guard let line = try look(withLoss: options.evaluation.atStart, report) else { return false }
        state.base = line.evaluation
        if options.evaluation.atStart {
            state.pace.evaluation(seconds: line.runtime)
        } else {
            state.pace.firstLook(seconds: line.runtime)
        }
        try log.append(line.json)
        _ = report(.evaluated(line))
        return true
    }

    /// Evaluates the model after a step.
    ///
    /// - Returns: Whether a checkpoint must be saved, for the model is the best so far; nil where the run is stopped.
    /// - Throws: ``TrainError/notFinite(step:what:lastCheckpoint:)`` where the loss is no number, before it is
    ///   logged; ``TrainError/noSuchMetric(name:found:)``.
    func evaluate(_ log: AppendedLog, _ report: (TrainingEvent) -> Disposition) throws -> Bool? {
        guard let line = try look(withLoss: true, report) else { return nil }
        let metrics = line.evaluation.metrics
        if let broken = metrics.first(where: { !$0.value.isFinite }) {
            throw notFinite("eval_\(broken.name)")
        }
        let name = options.evaluation.metricName
        var isBest = false
        if let value = line.evaluation[name] {
            isBest = state.best.take(value, at: state.step, options.evaluation)
        } else if options.evaluation.choosesBest {
            throw TrainError.noSuchMetric(name: name, found: metrics.map(\.name))
        }
        state.pace.evaluation(seconds: line.runtime)
        try log.append(line.json)
        _ = report(.evaluated(line))
        return isBest && (options.evaluation.loadsBest || options.evaluation.savesBest)
    }

    private func look(withLoss: Bool, _ report: (TrainingEvent) -> Disposition) throws -> EvaluationLine? {
        let begin = clock.now
        var evaluation = Evaluation()
        var passes = 0
        if withLoss, let validation {
            let scoring = ValidationLoss(
                validation,
                pass: pass,
                packTokens: options.packTokens,
                batchSize: options.evaluation.batchSize,
                sharing: scoredSharing
            )
            let found = try scoring.evaluate { done in
                report(.evaluating(.init(step: state.step, kind: .rows, done: done, total: validation.count)))
            }
            guard let found else { return nil }
            evaluation.metrics = found.metrics
            passes = found.passes
        }
        if let probe {
            let found = try probe.evaluate(after: state.step, of: totalSteps) { done, total in
                report(.evaluating(.init(step: state.step, kind: .answers, done: done, total: total)))
            }
            guard let found else { return nil }
            evaluation.add(found)
        }
        return EvaluationLine(
            evaluation: evaluation,
            runtime: Self.seconds(begin.duration(to: clock.now)),
            rows: withLoss ? validation?.count ?? 0 : 0,
            passes: passes,
            epoch: epoch,
            step: state.step,
            totalSteps: totalSteps,
            elapsed: elapsed,
            remaining: progress.remaining,
            memory: Double(ProcessMemory.peakBytes) / 1_073_741_824
        )
    }
}

extension EvaluationOptions {
    /// Whether anything depends on which evaluation is the best.
    fileprivate var choosesBest: Bool { loadsBest || savesBest || patience != nil }
}
