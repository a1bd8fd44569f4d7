/// Chinese word problems.
enum ChineseStories {
    private static let names = ["小明", "小红", "小华", "小丽", "小刚", "小芳", "小军", "小美", "小强", "小云"]
    /// Things with the words that count them.
    private static let things: [(unit: String, name: String)] = [
        ("个", "苹果"), ("支", "铅笔"), ("本", "书"), ("张", "卡片"), ("枚", "邮票"), ("颗", "糖"), ("个", "鸡蛋"),
        ("朵", "花"),
    ]

    static func exercise(_ draws: inout Draws) -> Exercise {
        switch draws.number(1...5) {
        case 1: together(&draws)
        case 2: shopping(&draws)
        case 3: boxes(&draws)
        default: keeping(&draws)
        }
    }

    private static func keeping(_ draws: inout Draws) -> Exercise {
        let (problem, first, steps) = StoryNumbers.keeping(&draws)
        let (name, thing) = (draws.pick(names), draws.pick(things))
        let events = steps.map { step in
            step < 0
                ? draws.pick(["送给同学", "用掉", "卖掉"]) + "\(-step)\(thing.unit)"
                : draws.pick(["又买了", "又得到", "又找到"]) + "\(step)\(thing.unit)"
        }
        return Exercise(
            problem: problem,
            question: "\(name)有\(first)\(thing.unit)\(thing.name)，" + events.joined(separator: "，然后")
                + "，现在有多少\(thing.unit)\(thing.name)？",
            answer: "\(name)现在有\(problem.result)\(thing.unit)\(thing.name)。"
        )
    }

    private static func together(_ draws: inout Draws) -> Exercise {
        let (a, b) = StoryNumbers.together(&draws)
        let name = draws.pick(names)
        let other = draws.pick(names.filter { $0 != name })
        let thing = draws.pick(things)
        let have = "\(name)有\(a)\(thing.unit)\(thing.name)，\(other)有\(b)\(thing.unit)\(thing.name)，"
        guard draws.onceIn(2), a != b else {
            let problem = Problem.chain(a, [b])
            return Exercise(
                problem: problem,
                question: "\(have)他们一共有多少\(thing.unit)\(thing.name)？",
                answer: "他们一共有\(problem.result)\(thing.unit)\(thing.name)。"
            )
        }
        let problem = Problem.chain(max(a, b), [-min(a, b)])
        let (more, less) = a > b ? (name, other) : (other, name)
        return Exercise(
            problem: problem,
            question: "\(have)\(more)比\(less)多多少\(thing.unit)？",
            answer: "\(more)比\(less)多\(problem.result)\(thing.unit)。"
        )
    }

    private static func shopping(_ draws: inout Draws) -> Exercise {
        let (problem, count, price, paid) = StoryNumbers.shopping(&draws)
        let (name, thing) = (draws.pick(names), draws.pick(things))
        return Exercise(
            problem: problem,
            question: "\(name)有\(paid)元，买了\(count)\(thing.unit)\(thing.name)，每\(thing.unit)\(price)元，还剩多少钱？",
            answer: "\(name)还剩\(problem.result)元。"
        )
    }

    private static func boxes(_ draws: inout Draws) -> Exercise {
        let (problem, count, size, extra) = StoryNumbers.boxes(&draws)
        let adds = extra > 0
        let (name, thing) = (draws.pick(names), draws.pick(things))
        let boxes = "\(name)有\(count)盒\(thing.name)，每盒\(size)\(thing.unit)，"
        return Exercise(
            problem: problem,
            question: boxes
                + (adds
                    ? "另外还有\(extra)\(thing.unit)，一共有多少\(thing.unit)？"
                    : "从中拿走\(-extra)\(thing.unit)，还剩多少\(thing.unit)？"),
            answer: adds ? "一共有\(problem.result)\(thing.unit)。" : "还剩\(problem.result)\(thing.unit)。"
        )
    }
}
