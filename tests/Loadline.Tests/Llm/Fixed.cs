using Loadline.Plans;

namespace Loadline.Tests.Llm;

internal sealed record Fixed(double Value) : Distribution
{
    public override double Mean => Value;

    public override double Sample(Random random) => Value;

    public static LlmModel Model(double first = .2, double perToken = .02, double tokens = 20, int slots = 4, int queue = 2, double loadFactor = 0, double failures = 0) => new()
    {
        FirstToken = new Fixed(first),
        PerToken = new Fixed(perToken),
        OutputTokens = new Fixed(tokens),
        Slots = slots,
        Queue = queue,
        LoadFactor = loadFactor,
        Failures = failures,
    };
}
