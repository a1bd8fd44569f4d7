public import ArgumentParser
public import MimoData
public import MimoInfer
public import MimoTrain

// Types of the libraries that an option can have, each read from and written as its raw value.
extension Truncation: ExpressibleByArgument, OptionValue {}
extension Tokenization: ExpressibleByArgument, OptionValue {}
extension FineTuningOptions.Tuner: ExpressibleByArgument, OptionValue {}
extension OptimizerKind: ExpressibleByArgument, OptionValue {}
extension LearningRateSchedule.Kind: ExpressibleByArgument, OptionValue {}
extension ShownAnswer.Thinking: ExpressibleByArgument, OptionValue {}
extension Interleaving.Stopping: ExpressibleByArgument, OptionValue {}
