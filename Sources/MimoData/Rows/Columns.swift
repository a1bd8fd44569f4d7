internal import MimoFiles

/// The columns of a row and their many names.
enum Columns {
    /// The row with columns renamed, whatever the case of their names.
    ///
    /// Where several columns would get one name none of them is renamed, so that no one has to guess which
    /// was meant; a column that bears the name already keeps it then.
    /// The other names that `names` has standard ones for are in lower case.
    static func renamed(_ row: JSONObject, by names: [String: String]) -> JSONObject {
        // Most rows have the standard names already.
        guard row.keys.contains(where: { key in names[key.lowercased()].map { $0 != key } ?? false }) else {
            return row
        }
        var actual: [String: String] = [:]
        for key in row.keys { actual[key.lowercased()] = key }
        var targets: [String: String] = [:]
        for (alias, target) in names {
            if let key = actual[alias] { targets[key] = target }
        }
        var counts: [String: Int] = [:]
        for target in targets.values { counts[target, default: 0] += 1 }
        var renamed = JSONObject()
        let taken = Set(targets.filter { counts[$0.value] == 1 && $0.key != $0.value }.values)
        for (key, value) in row {
            if let target = targets[key], counts[target] == 1 {
                renamed[target] = value
            } else if !taken.contains(key) {
                renamed[key] = value
            }
        }
        return renamed
    }

    /// The columns that something reads, without nulls.
    static func used(_ row: JSONObject) -> JSONObject {
        var used = JSONObject()
        for (key, value) in row where standard.contains(key) && !value.isNull { used[key] = value }
        return used
    }

    static let media = [
        "images": "images", "image": "images", "audios": "audios", "audio": "audios", "videos": "videos",
        "video": "videos",
    ]

    private static let standard: Set<String> = {
        let paired = ["messages", "images", "videos", "audios", "tools", "objects"]
        let prefixed = ["rejected", "positive", "negative"].flatMap { prefix in
            paired.map { "\(prefix)_\($0)" }
        }
        let single = [
            "rejected_response", "label", "channel", "margin", "teacher_prompt", "teacher_images",
            "chat_template_kwargs", "ref_audios", "audio_codes", "questions", "kinds", "options",
            "target_probs",
            "state", "question_ids", "criteria",
        ]
        return Set(paired + prefixed + single)
    }()
}
