import MimoFiles

extension TrainerOptions {
    /// What makes a run this run: a resumed one that differs here would not end where it would have.
    func identity(rows: RowSchedule, totalSteps: Int) -> [(name: String, value: JSON)] {
        [
            ("rows", .int(Int64(rows.rowCount))), ("rows_per_step", .int(Int64(rows.rowsPerStep))),
            ("max_steps", .int(Int64(totalSteps))), ("learning_rate", .double(learningRate)),
            ("lr_scheduler_type", .string(schedule.rawValue)), ("warmup_steps", .int(Int64(warmupSteps))),
            ("warmup_ratio", .double(warmupRatio)), ("weight_decay", .double(weightDecay)),
            ("adam_beta1", .double(adamBeta1)), ("adam_beta2", .double(adamBeta2)),
            ("adam_epsilon", .double(adamEpsilon)), ("max_grad_norm", .double(maxGradNorm)),
            ("lora_dropout", .double(loraDropout)), ("seed", .int(Int64(bitPattern: seed))),
            ("data_seed", .int(Int64(bitPattern: dataSeed))),
            ("train_dataloader_shuffle", .bool(shufflesRows)),
            // Other packs sum in another order: the same run to rounding, not to the bit.
            ("packing_length", .int(Int64(packTokens))), ("share_prefixes", .bool(sharesPrefixes)),
            ("optim", .string(optimizer.rawValue)), ("momentum", .double(sgdMomentum)),
            ("nesterov", .bool(usesNesterov)), ("lr_scheduler_kwargs", scheduleShape.json),
            ("label_smoothing_factor", .double(labelSmoothing)),
            ("neftune_noise_alpha", neftuneAlpha.map { .double($0) } ?? .null),
            ("lorap_lr_ratio", loraPlusRatio.map { .double($0) } ?? .null),
            ("mtp_loss_weight", trainsPrediction ? .double(mtpLossWeight) : .null),
        ]
    }
}
