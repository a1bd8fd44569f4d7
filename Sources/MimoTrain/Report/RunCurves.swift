/// Which curves a run gets: those of its log that have something to show.
enum RunCurves {
    /// A curve's file name without its end, and the image.
    static func images(_ history: RunHistory) -> [(name: String, svg: String)] {
        groups.compactMap { name, title, members in
            let curves = members.compactMap { member, shown in
                history[member].map { (name: shown, points: $0.points) }
            }
            guard !curves.isEmpty else { return nil }
            return (name, CurveImage(title: title, curves: curves).svg)
        }
    }

    private static let groups: [(name: String, title: String, members: [(String, String)])] = [
        ("loss", "Loss, nats per token", [("loss", "train"), ("eval_loss", "validation")]),
        ("token_acc", "Token accuracy", [("token_acc", "train"), ("eval_token_acc", "validation")]),
        (
            "mtp_loss", "Loss of multi-token prediction, nats per token",
            [("mtp_loss", "train"), ("eval_mtp_loss", "validation")]
        ),
        (
            "mtp_token_acc", "Token accuracy of multi-token prediction",
            [("mtp_token_acc", "train"), ("eval_mtp_token_acc", "validation")]
        ),
        (
            "retention", "Thinking, share of the answers",
            [
                ("eval_\(RetentionCount.closedName)", "closed"),
                ("eval_\(RetentionCount.emptyName)", "empty"),
                ("eval_\(RetentionCount.accuracyName)", "right"),
            ]
        ),
        (
            "retention_think_tokens", "Thinking, tokens on average",
            [("eval_\(RetentionCount.lengthName)", "tokens")]
        ),
        ("learning_rate", "Learning rate", [("learning_rate", "rate")]),
        ("grad_norm", "Gradient norm before clipping", [("grad_norm", "norm")]),
        ("tokens_per_second", "Tokens per second", [("tokens_per_second", "speed")]),
        ("memory", "Peak memory, GiB", [("memory(GiB)", "memory")]),
    ]
}
