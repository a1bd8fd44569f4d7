/// The languages of the rows.
enum Language: String, CaseIterable {
    case english = "en"
    case chinese = "zh"
}
