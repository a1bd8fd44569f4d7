/// A few dozen facts, asked in several ways.
enum Facts {
    static func turn(_ language: Language, _ draws: inout Draws) -> Row.Turn {
        switch (draws.number(1...5), language) {
        case (1...2, .english): capital(&draws)
        case (1...2, .chinese): chineseCapital(&draws)
        case (3, .english): colour(&draws)
        case (3, .chinese): chineseColour(&draws)
        case (4, .english): animal(&draws)
        case (4, .chinese): chineseAnimal(&draws)
        case (_, .english): dayAfter(&draws)
        case (_, .chinese): chineseDayAfter(&draws)
        }
    }

    private static let capitals: [(land: (String, String), city: (String, String))] = [
        (("France", "法国"), ("Paris", "巴黎")), (("China", "中国"), ("Beijing", "北京")),
        (("Japan", "日本"), ("Tokyo", "东京")), (("Italy", "意大利"), ("Rome", "罗马")),
        (("Spain", "西班牙"), ("Madrid", "马德里")), (("Germany", "德国"), ("Berlin", "柏林")),
        (("England", "英国"), ("London", "伦敦")), (("Russia", "俄罗斯"), ("Moscow", "莫斯科")),
        (("Egypt", "埃及"), ("Cairo", "开罗")), (("Greece", "希腊"), ("Athens", "雅典")),
        (("India", "印度"), ("New Delhi", "新德里")), (("Thailand", "泰国"), ("Bangkok", "曼谷")),
        (("Austria", "奥地利"), ("Vienna", "维也纳")), (("Poland", "波兰"), ("Warsaw", "华沙")),
        (("Portugal", "葡萄牙"), ("Lisbon", "里斯本")), (("Sweden", "瑞典"), ("Stockholm", "斯德哥尔摩")),
        (("Norway", "挪威"), ("Oslo", "奥斯陆")), (("Canada", "加拿大"), ("Ottawa", "渥太华")),
        (("Cuba", "古巴"), ("Havana", "哈瓦那")), (("Kenya", "肯尼亚"), ("Nairobi", "内罗毕")),
    ]

    private static let colours: [(thing: (String, String), colour: (String, String))] = [
        (("the sky", "天空"), ("blue", "蓝色")), (("grass", "草"), ("green", "绿色")),
        (("snow", "雪"), ("white", "白色")), (("a lemon", "柠檬"), ("yellow", "黄色")),
        (("coal", "煤"), ("black", "黑色")), (("blood", "血"), ("red", "红色")),
        (("a carrot", "胡萝卜"), ("orange", "橙色")), (("chocolate", "巧克力"), ("brown", "棕色")),
        (("milk", "牛奶"), ("white", "白色")), (("a tomato", "西红柿"), ("red", "红色")),
        (("an elephant", "大象"), ("grey", "灰色")), (("a banana", "香蕉"), ("yellow", "黄色")),
    ]

    private static let animals: [(animal: (String, String), legs: (Int, String))] = [
        (("dog", "狗"), (4, "汪汪")), (("cat", "猫"), (4, "喵喵")), (("cow", "牛"), (4, "哞哞")),
        (("duck", "鸭子"), (2, "嘎嘎")), (("sheep", "羊"), (4, "咩咩")), (("frog", "青蛙"), (4, "呱呱")),
        (("hen", "母鸡"), (2, "咯咯")), (("bee", "蜜蜂"), (6, "嗡嗡")),
    ]

    private static let days = [
        ("Monday", "星期一"), ("Tuesday", "星期二"), ("Wednesday", "星期三"), ("Thursday", "星期四"), ("Friday", "星期五"),
        ("Saturday", "星期六"), ("Sunday", "星期日"),
    ]

    private static func capital(_ draws: inout Draws) -> Row.Turn {
        let (land, city) = draws.pick(capitals)
        return Row.Turn(
            question: draws.pick([
                "What is the capital of \(land.0)?", "Which city is the capital of \(land.0)?",
                "Name the capital of \(land.0).",
            ]),
            thinking: "A capital that I know.",
            answer: "The capital of \(land.0) is \(city.0)."
        )
    }

    private static func chineseCapital(_ draws: inout Draws) -> Row.Turn {
        let (land, city) = draws.pick(capitals)
        return Row.Turn(
            question: draws.pick(["\(land.1)的首都是哪里？", "\(land.1)的首都是什么？", "哪座城市是\(land.1)的首都？"]),
            thinking: "这个首都我知道。",
            answer: "\(land.1)的首都是\(city.1)。"
        )
    }

    private static func colour(_ draws: inout Draws) -> Row.Turn {
        let (thing, colour) = draws.pick(colours)
        return Row.Turn(
            question: draws.pick(["What colour is \(thing.0)?", "What is the colour of \(thing.0)?"]),
            thinking: "A colour that I know.",
            answer: "The colour of \(thing.0) is \(colour.0)."
        )
    }

    private static func chineseColour(_ draws: inout Draws) -> Row.Turn {
        let (thing, colour) = draws.pick(colours)
        return Row.Turn(
            question: draws.pick(["\(thing.1)是什么颜色？", "\(thing.1)是什么颜色的？"]),
            thinking: "这个颜色我知道。",
            answer: "\(thing.1)是\(colour.1)的。"
        )
    }

    private static func animal(_ draws: inout Draws) -> Row.Turn {
        let (animal, legs) = draws.pick(animals)
        return Row.Turn(
            question: "How many legs does a \(animal.0) have?",
            thinking: "An animal that I know.",
            answer: "A \(animal.0) has \(legs.0) legs."
        )
    }

    private static func chineseAnimal(_ draws: inout Draws) -> Row.Turn {
        let (animal, legs) = draws.pick(animals)
        return draws.onceIn(2)
            ? Row.Turn(
                question: "\(animal.1)有几条腿？",
                thinking: "这种动物我知道。",
                answer: "\(animal.1)有\(legs.0)条腿。"
            )
            : Row.Turn(
                question: "\(animal.1)怎么叫？",
                thinking: "这种动物我知道。",
                answer: "\(animal.1)\(legs.1)叫。"
            )
    }

    private static func dayAfter(_ draws: inout Draws) -> Row.Turn {
        let place = draws.number(0...6)
        let (day, next, last) = (days[place].0, days[(place + 1) % 7].0, days[(place + 6) % 7].0)
        return draws.onceIn(2)
            ? Row.Turn(
                question: "Which day comes after \(day)?",
                thinking: "The days of the week, one further.",
                answer: "\(next) comes after \(day)."
            )
            : Row.Turn(
                question: "Which day comes before \(day)?",
                thinking: "The days of the week, one back.",
                answer: "\(last) comes before \(day)."
            )
    }

    private static func chineseDayAfter(_ draws: inout Draws) -> Row.Turn {
        let place = draws.number(0...6)
        let (day, next, last) = (days[place].1, days[(place + 1) % 7].1, days[(place + 6) % 7].1)
        return draws.onceIn(2)
            ? Row.Turn(question: "\(day)的后一天是星期几？", thinking: "一周的顺序，往后一天。", answer: "\(day)的后一天是\(next)。")
            : Row.Turn(question: "\(day)的前一天是星期几？", thinking: "一周的顺序，往前一天。", answer: "\(day)的前一天是\(last)。")
    }
}
