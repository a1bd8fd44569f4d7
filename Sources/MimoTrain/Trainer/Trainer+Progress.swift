import MimoFiles
import MimoModel
import MimoNumerics

extension Trainer {
    /// Where the run stands now.
    var progress: TrainingEvent.Progress {
        let elapsed = elapsed
        let here = max(elapsed - state.pace.earlierSeconds, 1e-9)
        return TrainingEvent.Progress(
            total: totalSteps,
            epoch: epoch,
            elapsed: elapsed,
            remaining: remaining,
            tokensPerSecond: Double(tokensHere) / here
        )
    }

    /// What the run needs, from where it stands.
    ///
    /// - Parameters:
    ///   - countedTokens: Labels of the rows that count.
    ///   - validationRows: Rows that evaluations score.
    ///   - writtenBytes: Bytes of the adapter or model that a checkpoint holds.
    /// - Returns: The need of disk and so on; memory is left open.
    func preflight(countedTokens: Int, validationRows: Int, writtenBytes: Int) -> Preflight {
        // What else a checkpoint holds is some kilobytes.
        let kept = tensors.state.reduce(0) { $0 + $1.tensor.count * MemoryLayout<Float>.size }
        let bytes = writtenBytes + kept + (64 << 10)
        let standing = TrainingCheckpoint.all(in: folder).count
        let saves = occasions(options.saveSteps, eachEpoch: options.savesEpochs)
        let limit = options.saveTotalLimit.map { $0 + 2 - standing } ?? saves
        return Preflight(
            rows: rows.rowCount,
            tokens: plan.tokensPerEpoch,
            countedTokens: countedTokens,
            longest: plan.longest,
            validationRows: validationRows,
            steps: totalSteps,
            totalTokens: plan.total,
            checkpointBytes: bytes,
            checkpoints: saves > 0 ? max(1, min(saves, limit)) : 0,
            freeBytes: Preflight.freeBytes(at: folder)
        )
    }

    /// Passes over the rows so far.
    var epoch: Double { state.step > 0 ? rows.epoch(after: state.step - 1) : 0 }

    /// Seconds of training so far.
    var elapsed: Double { state.pace.earlierSeconds + Self.seconds(start.duration(to: clock.now)) }

    /// Seconds to the end; nil before there is a speed.
    var remaining: Double? {
        let evaluation = options.evaluation
        return state.pace.remaining(
            Pace.Rest(
                tokens: plan.remaining(after: state.step),
                evaluations: evaluation.isOn && (validation != nil || probe != nil)
                    ? occasions(evaluation.steps, eachEpoch: evaluation.endsEpochs) : 0,
                scoredTokens: scoredTokens,
                // Forward, and backward to the inputs; where weights are trained, to these too.
                scoringShare: decoder.trainedParameters.isEmpty ? 1 / 2.0 : 1 / 3.0,
                saves: occasions(options.saveSteps, eachEpoch: options.savesEpochs)
            )
        )
    }

    /// How often something still comes that is due after every so many steps, or epochs, and at the run's end.
    private func occasions(_ interval: Int?, eachEpoch: Bool) -> Int {
        guard state.step < totalSteps else { return 0 }
        let intervals = [interval, eachEpoch ? rows.stepsPerEpoch : nil].compactMap(\.self)
        let due = intervals.reduce(0) { $0 + totalSteps / $1 - state.step / $1 }
        return due + (intervals.contains { totalSteps.isMultiple(of: $0) } ? 0 : 1)
    }

    func logLine(_ record: StepRecord, _ progress: TrainingEvent.Progress) -> LogLine {
        let window = state.window
        return LogLine(
            loss: window.loss / Double(max(1, window.steps)),
            gradientNorm: record.gradientNorm,
            learningRate: rates.rate(at: record.step),
            tokenAccuracy: Double(window.correctTokens) / Double(max(1, window.countedTokens)),
            predictionLoss: record.prediction.map { _ in window.prediction.loss / Double(max(1, window.steps))
            },
            predictionAccuracy: record.prediction.map { _ in
                Double(window.prediction.correct) / Double(max(1, window.prediction.targets))
            },
            epoch: progress.epoch,
            step: record.step,
            totalSteps: totalSteps,
            elapsed: progress.elapsed,
            remaining: progress.remaining,
            secondsPerStep: window.seconds / Double(max(1, window.steps)),
            memory: Double(ProcessMemory.peakBytes) / 1_073_741_824,
            tokens: window.tokens,
            countedTokens: window.countedTokens,
            tokensPerSecond: window.seconds > 0 ? Double(window.tokens) / window.seconds : 0
        )
    }
}
