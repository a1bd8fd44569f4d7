import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport

/// Reads of the golden model folders that several suites share.
enum GoldenRun {
    static func decoder(_ model: String) throws -> Decoder {
        try Decoder(Checkpoint(directory: Golden.path("model/\(model)")))
    }

    static func ids(_ file: SafetensorsFile, _ name: String) throws -> [Int32] {
        try file.bytes(name).withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) }
    }

    static func json(_ path: String) throws -> JSON {
        try JSON(parsing: TensorStorageReader.bytes(path))
    }

    /// One optimizer step's sequences of `train/case.json`.
    static func rows(_ step: JSON) -> [TrainingPack.Row] {
        (step.arrayValue ?? []).enumerated().map { number, row in
            TrainingPack.Row(
                ids: ints(row["ids"]),
                labels: ints(row["labels"]),
                weights: row["loss_scale"]?.arrayValue?.compactMap { $0.doubleValue.map { Float($0) } },
                number: number
            )
        }
    }

    static func ints(_ json: JSON?) -> [Int32] {
        (json?.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
    }

    /// A golden model with the adapter that its reference's training begins with.
    static func trainedDecoder(_ model: String) throws -> Decoder {
        var decoder = try decoder(model)
        try attach(
            Golden.path("model/\(model)/train/initial_adapter/adapter_model.safetensors"),
            to: &decoder,
            scale: 2,
            isTrained: true
        )
        return decoder
    }

    /// Attaches the adapter of a PEFT folder's file, read without the adapter module.
    static func attach(_ path: String, to decoder: inout Decoder, scale: Float, isTrained: Bool) throws {
        let file = try SafetensorsFile(path: path)
        for layer in 0..<decoder.config.layerCount {
            for linear in DecoderLinear.allCases {
                let name = "base_model.model.\(linear.path(inLayer: layer))"
                guard file["\(name).lora_A.weight"] != nil else { continue }
                let b = try file.tensor("\(name).lora_B.weight")
                let bTransposed = Tensor(rows: b.columns, columns: b.rows)
                LowRank.transpose(bTransposed, b)
                decoder[layer, linear].update = LowRankUpdate(
                    a: try file.tensor("\(name).lora_A.weight"),
                    bTransposed: bTransposed,
                    scale: scale,
                    isTrained: isTrained
                )
            }
        }
    }
}

/// Whole files, through the mapping that the product uses.
enum TensorStorageReader {
    static func bytes(_ path: String) throws -> [UInt8] {
        let storage = try TensorStorage(mapping: path)
        return storage.bytes(0..<storage.byteCount)
    }
}
