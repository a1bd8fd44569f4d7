import MimoFiles

extension TrainerOptions {
    /// Settings of the optimizer and the loss that a resumed run must share.
    var furtherIdentity: [(name: String, value: JSON)] {
        [
            ("optim", .string(optimizer.rawValue)), ("momentum", .double(sgdMomentum)),
            ("nesterov", .bool(usesNesterov)),
            ("lr_scheduler_kwargs", scheduleShape.json), ("label_smoothing_factor", .double(labelSmoothing)),
            ("neftune_noise_alpha", neftuneAlpha.map { .double($0) } ?? .null),
            ("lorap_lr_ratio", loraPlusRatio.map { .double($0) } ?? .null),
            ("mtp_loss_weight", trainsPrediction ? .double(mtpLossWeight) : .null),
        ]
    }
}
