import MimoData
import MimoModel
import MimoNumerics

extension Trainer {
    /// One optimizer step.
    func runStep(_ clock: ContinuousClock) throws -> StepRecord {
        let start = clock.now
        let step = state.step
        let epoch = rows.epoch(of: step)
        if order?.epoch != epoch { order = (epoch, rows.order(epoch: epoch)) }
        let numbers = rows.rows(of: step, in: order?.rows ?? [])
        let noise = options.neftuneAlpha.map {
            EmbeddingNoise(key: options.seed &* 0x9FB2_1C65_1E98_DF25 &+ UInt64(step), alpha: Float($0))
        }
        pass.embeddingNoise = noise
        let plan = PackPlan(
            try numbers.map { try samples.sample($0) },
            firstNumber: step * rows.rowsPerStep,
            capacity: options.packTokens > 0 ? options.packTokens : nil,
            batchSize: options.batchSize,
            sharing: sharing
        )
        tensors.clearGradients()
        var found = PassResult()
        let dropout = (
            key: options.seed &* 0xD129_0B26_88CE_57A9 &+ UInt64(step),
            probability: Float(options.loraDropout)
        )
        var work = TrainingWork()
        let predictionTargets = options.trainsPrediction ? plan.predictionTargets : 0
        for pack in plan.packs {
            work.add(TrainingWork(of: pack, by: decoder, predicts: options.trainsPrediction))
            found.add(
                pass.run(
                    pack,
                    normalizer: Double(plan.targets),
                    predictionNormalizer: Double(max(1, predictionTargets)),
                    dropout: dropout
                )
            )
        }
        let loss = found.main.loss
        let norm = tensors.gradientNorm
        let isLossFinite = loss.isFinite && found.prediction.loss.isFinite
        guard isLossFinite, norm.isFinite else {
            throw notFinite(isLossFinite ? "the gradient" : "the loss", step: step + 1)
        }
        let rate = rates.rate(at: step)
        let clip = min(1, options.maxGradNorm / (norm + 1e-6))
        tensors.update(scale: Float(clip), rate: rate, step: step + 1)
        let record = StepRecord(
            step: step + 1,
            loss: loss,
            gradientNorm: norm,
            learningRate: rate,
            tokens: plan.tokens,
            countedTokens: plan.targets,
            correctTokens: found.main.correct,
            prediction: options.trainsPrediction ? found.prediction : nil,
            seconds: Self.seconds(start.duration(to: clock.now)),
            work: work,
            workWithoutSkipping: TrainingWork(
                withoutSkipping: plan.rowLengths,
                by: decoder,
                predicts: options.trainsPrediction
            )
        )
        state.step += 1
        state.tokens += record.tokens
        state.countedTokens += record.countedTokens
        state.window.add(record)
        state.pace.step(tokens: record.tokens, seconds: record.seconds)
        tokensHere += record.tokens
        return record
    }

    /// Why the run ends before anything of the step is saved.
    func notFinite(_ what: String, step: Int? = nil) -> TrainError {
        .notFinite(step: step ?? state.step, what: what, lastCheckpoint: lastCheckpoint)
    }
}
