namespace Loadline.Plans;

/// <summary>Checks the text of an objective. The metric catalogue implements it: so the reader can report what is wrong with objectives together with all other problems.</summary>
public interface IObjectiveRules
{
    /// <summary>What is wrong with an objective; null when nothing is.</summary>
    /// <param name="text">The objective as written.</param>
    /// <param name="context">What the plan has that objectives may name.</param>
    ObjectiveMistake? Check(string text, ObjectiveContext context);
}

/// <summary>What is wrong with an objective.</summary>
/// <param name="Rule">The rule that is broken; continues a sentence about the objective.</param>
/// <param name="Remedy">What to write.</param>
public sealed record ObjectiveMistake(string Rule, string Remedy);
