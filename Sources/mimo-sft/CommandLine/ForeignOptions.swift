/// Options of ms-swift that users bring along and that change nothing here.
///
/// They are accepted with whatever follows them, and one line says so.
enum ForeignOptions {
    /// Why the option changes nothing, or nil where it is none of these; names as in the help, `device-map`.
    static func reason(for name: String) -> String? { reasons[name] }

    /// All names.
    static var names: [String] { reasons.keys.sorted() }

    private static let reasons: [String: String] = {
        var reasons: [String: String] = [:]
        for (reason, names) in groups {
            for name in names.split(separator: " ") { reasons[String(name)] = reason }
        }
        return reasons
    }()

    private static let groups = [
        (
            "means nothing on a CPU",
            """
            deepspeed device-map max-memory attn-impl attn-implementation ddp-backend ddp-timeout \
            ddp-find-unused-parameters ddp-broadcast-buffers fsdp fsdp-config local-rank tp-size \
            sequence-parallel-size use-liger-kernel use-flash-attn tf32 use-cpu torch-empty-cache-steps \
            vllm-gpu-memory-utilization vllm-tensor-parallel-size vllm-max-model-len infer-backend zero-hpz-partition-size \
            torch-compile experts-impl
            """
        ),
        (
            "is settled: weights stay in their own type, arithmetic is f32",
            """
            torch-dtype bf16 fp16 bf16-full-eval fp16-full-eval fp16-opt-level half-precision-backend \
            bnb-4bit-compute-dtype lora-dtype
            """
        ),
        (
            "is settled: rows are read and prepared by the trainer itself",
            """
            dataloader-num-workers dataloader-pin-memory dataloader-persistent-workers \
            dataloader-prefetch-factor dataloader-drop-last load-from-cache-file \
            group-by-length remove-unused-columns lazy-tokenize average-tokens-across-devices
            """
        ),
        (
            "is settled: memory is planned by the trainer, see --recomputed-blocks",
            "gradient-checkpointing gradient-checkpointing-kwargs vit-gradient-checkpointing"
        ),
        (
            "is told by the model's own files",
            "model-type task-type num-labels problem-type trust-remote-code use-hf use-ms"
        ),
        (
            "does not concern a model of text alone",
            "freeze-vit freeze-aligner freeze-llm vit-lr aligner-lr max-pixels norm-bbox"
        ),
        (
            "is settled: the log is logging.jsonl, with TensorBoard's events in runs/",
            "report-to logging-dir disable-tqdm logging-first-step log-level logging-strategy check-model"
        ),
        (
            "is settled: rows share passes without a change to any number, see --packing-length",
            "packing padding-free"
        ),
        ("is settled: checkpoints are safetensors", "save-safetensors"),
        ("is settled: evaluations score what training scores", "eval-accumulation-steps eval-datasets-args"),
    ]
}
