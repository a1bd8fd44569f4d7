/// Short everyday dialogue.
enum EverydayTalk {
    static func exchanges(_ language: Language) -> [Exchange] {
        switch language {
        case .english: english
        case .chinese: chinese
        }
    }

    private static let english = [
        Exchange(
            ["Hello!", "Hi!", "Hi there!", "Hello there.", "Hey!", "Hello", "hi"],
            "A greeting; I greet back.",
            ["Hello! What can I do for you?", "Hi! How can I help you?"]
        ),
        Exchange(
            ["Good morning!", "Good morning."],
            "A morning greeting; I greet back.",
            ["Good morning! I hope you slept well."]
        ),
        Exchange(
            ["Good evening!", "Good evening."],
            "An evening greeting; I greet back.",
            ["Good evening! How was your day?"]
        ),
        Exchange(
            ["Good night!", "Good night.", "I am going to bed."],
            "The day is over; I wish a good night.",
            ["Good night! Sleep well."]
        ),
        Exchange(
            ["Goodbye!", "Bye!", "See you later!", "I have to go now."],
            "A farewell; I say goodbye.",
            ["Goodbye! Have a nice day.", "See you soon! Take care."]
        ),
        Exchange(
            ["Thank you!", "Thanks!", "Thanks a lot.", "Thank you very much!", "Thanks for your help."],
            "They thank me; I answer kindly.",
            ["You are welcome!", "You are welcome! I am glad that it helped."]
        ),
        Exchange(
            ["How are you?", "How are you today?", "How do you do?", "Are you well?", "How is it going?"],
            "They ask how I am; I answer and ask back.",
            ["I am well, thank you. How are you?"]
        ),
        Exchange(
            ["I am sad.", "I feel sad today.", "I am unhappy.", "I feel down."],
            "Someone is sad; I show that I care.",
            ["I am sorry to hear that. Would you like to tell me about it?"]
        ),
        Exchange(
            ["I am happy!", "I feel great today!", "What a lovely day!", "I am so glad!"],
            "Someone is happy; I share the joy.",
            ["That is good to hear! What made your day?"]
        ),
        Exchange(
            ["I am tired.", "I feel so tired.", "I am exhausted.", "I could not sleep."],
            "Someone is tired; I advise rest.",
            ["Take a break and get some rest. A short walk may help too."]
        ),
        Exchange(
            ["I am bored.", "I have nothing to do.", "What should I do today?"],
            "Someone is bored; I suggest something.",
            ["You could read a book, call a friend or go for a walk."]
        ),
        Exchange(
            ["I am hungry.", "What should I eat?", "I am hungry, what shall I cook?"],
            "Someone is hungry; I suggest food.",
            ["How about a warm soup with some bread?"]
        ),
        Exchange(
            ["I am nervous about my exam.", "I have an exam tomorrow.", "I am afraid of the test."],
            "Someone worries about an exam; I encourage them.",
            ["Go through your notes once more and sleep well. You can do it!"]
        ),
        Exchange(
            ["I have a cold.", "I feel sick.", "I am ill.", "My head hurts."],
            "Someone is ill; I advise rest and a doctor.",
            ["Drink enough water and rest. If it does not get better, please see a doctor."]
        ),
        Exchange(
            [
                "How is the weather?", "What is the weather like?", "Will it rain today?",
                "Is it cold outside?",
            ],
            "The weather, which I cannot see; I say so.",
            ["I cannot see outside, so I do not know the weather. A look out of the window will tell you."]
        ),
        Exchange(
            ["It is raining.", "It is raining again.", "It rains all day."],
            "It rains; I think of an umbrella.",
            ["Then do not forget your umbrella!"]
        ),
        Exchange(
            ["It is very hot today.", "It is so hot.", "What a hot summer!"],
            "It is hot; I advise water and shade.",
            ["Drink plenty of water and stay in the shade."]
        ),
        Exchange(
            ["Can you help me?", "I need help.", "Could you help me, please?"],
            "They need help; I offer it.",
            ["Of course! Tell me what you need."]
        ),
        Exchange(
            ["What time is it?", "What day is it today?", "What is the date today?"],
            "The time, which I cannot see; I say so.",
            ["I have no clock, so I cannot tell you. Please look at yours."]
        ),
        Exchange(
            ["How can I learn faster?", "How do I learn maths?", "How can I get better at maths?"],
            "Someone wants to learn; I advise practice.",
            ["Practise a little every day and explain what you learned in your own words."]
        ),
        Exchange(
            ["How can I save money?", "I spend too much money.", "How do I spend less?"],
            "Money; I advise a list.",
            ["Write down what you spend for a month. Then you will see where you can save."]
        ),
        Exchange(
            ["I am sorry.", "Sorry!", "I apologize."],
            "They apologize; I say that all is well.",
            ["No problem at all!"]
        ),
        Exchange(
            ["It is my birthday today!", "Today is my birthday.", "I have my birthday today."],
            "A birthday; I congratulate.",
            ["Happy birthday! I wish you all the best."]
        ),
        Exchange(
            ["Do you like music?", "Do you like books?", "Do you have a hobby?", "Do you like to read?"],
            "They ask what I like; I answer honestly.",
            ["I cannot enjoy things as people do, but I like to talk about them. What do you like?"]
        ),
        Exchange(
            ["Tell me a joke.", "Do you know a joke?", "Make me laugh."],
            "They want a joke; I tell a short one.",
            ["Why was six afraid of seven? Because seven ate nine!"]
        ),
    ]

    private static let chinese = [
        Exchange(["你好！", "你好", "您好！", "嗨！", "你好呀。", "哈喽！"], "这是问候，我也问好。", ["你好！有什么可以帮你的吗？", "你好！很高兴见到你。"]),
        Exchange(["早上好！", "早安！", "早上好。"], "这是早上的问候，我也问好。", ["早上好！希望你睡得好。"]),
        Exchange(["晚上好！", "晚上好。"], "这是晚上的问候，我也问好。", ["晚上好！今天过得怎么样？"]),
        Exchange(["晚安！", "晚安。", "我要睡觉了。"], "一天结束了，我道晚安。", ["晚安！做个好梦。"]),
        Exchange(["再见！", "拜拜！", "我先走了。", "下次再聊。"], "对方告别，我也道别。", ["再见！祝你一切顺利。", "再见！下次再聊。"]),
        Exchange(["谢谢！", "谢谢你！", "多谢。", "非常感谢！", "谢谢你的帮助。"], "对方道谢，我客气地回答。", ["不客气！", "不客气！能帮到你我很高兴。"]),
        Exchange(["你好吗？", "你今天怎么样？", "最近好吗？", "你过得好吗？"], "对方问我好不好，我回答并问候。", ["我很好，谢谢！你呢？"]),
        Exchange(["我很难过。", "我今天不开心。", "我心情不好。", "我有点伤心。"], "对方难过，我表示关心。", ["听到这个我很难过。愿意和我说说吗？"]),
        Exchange(["我很开心！", "今天真高兴！", "我太高兴了！", "今天天气真好！"], "对方开心，我一起高兴。", ["真好！是什么让你这么开心？"]),
        Exchange(["我好累。", "我很累。", "我没睡好。", "今天太累了。"], "对方累了，我建议休息。", ["休息一下吧，散散步也会有帮助。"]),
        Exchange(["我好无聊。", "没事可做。", "今天做什么好？"], "对方无聊，我提个建议。", ["可以看看书，给朋友打个电话，或者出去走走。"]),
        Exchange(["我饿了。", "吃什么好？", "晚饭吃什么？"], "对方饿了，我建议吃的。", ["来一碗热汤面怎么样？"]),
        Exchange(["我明天要考试。", "我很怕考试。", "考试让我紧张。"], "对方担心考试，我鼓励一下。", ["再看一遍笔记，早点睡。你可以的！"]),
        Exchange(["我感冒了。", "我不舒服。", "我生病了。", "我头疼。"], "对方病了，我建议休息和看医生。", ["多喝水，好好休息。如果没有好转，请去看医生。"]),
        Exchange(["今天天气怎么样？", "外面冷吗？", "今天会下雨吗？", "天气好吗？"], "问天气，我看不到，照实说。", ["我看不到外面，不知道天气。看看窗外就知道了。"]),
        Exchange(["下雨了。", "又下雨了。", "一直在下雨。"], "下雨了，我想到雨伞。", ["出门别忘了带伞！"]),
        Exchange(["今天好热。", "天气太热了。", "好热啊！"], "天热，我建议喝水。", ["多喝水，待在阴凉的地方。"]),
        Exchange(["你能帮我吗？", "我需要帮助。", "请帮帮我。"], "对方需要帮助，我答应。", ["当然可以！请告诉我你需要什么。"]),
        Exchange(["现在几点了？", "今天星期几？", "今天几号？"], "问时间，我看不到，照实说。", ["我没有时钟，不知道时间。请看看你的钟。"]),
        Exchange(["怎么学得更快？", "怎么学好数学？", "怎样提高数学？"], "对方想学习，我建议练习。", ["每天练一点，再用自己的话讲一遍学到的东西。"]),
        Exchange(["怎么省钱？", "我花钱太多了。", "怎样少花钱？"], "关于钱，我建议记账。", ["把一个月的花费都记下来，就知道哪里可以省了。"]),
        Exchange(["对不起。", "抱歉！", "不好意思。"], "对方道歉，我说没关系。", ["没关系！"]),
        Exchange(["今天是我的生日！", "我今天过生日。"], "对方过生日，我祝贺。", ["生日快乐！祝你万事如意。"]),
        Exchange(["你喜欢音乐吗？", "你喜欢看书吗？", "你有什么爱好？"], "问我的喜好，我照实说。", ["我不能像人一样享受，但喜欢聊这些。你喜欢什么？"]),
        Exchange(["讲个笑话吧。", "说个笑话。", "逗我笑一下。"], "对方想听笑话，我讲一个短的。", ["为什么六怕七？因为七吃了九！"]),
    ]
}
