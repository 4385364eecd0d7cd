using System.Collections.Concurrent;
using Loadline.Plans;
using Loadline.Recording;
using Loadline.Wire;

namespace Loadline.Tests.Users;

internal sealed record Always(double Value) : Distribution
{
    public override double Mean => Value;

    public override double Sample(Random random) => Value;
}

internal sealed record Between(double Least, double Most) : Distribution
{
    public override double Mean => (Least + Most) / 2;

    public override double Sample(Random random) => Least + (random.NextDouble() * (Most - Least));
}

internal static class TestPlan
{
    internal static readonly PlanData Data = new() { Documents = 1000, Words = new Between(20, 400), Topics = 20, Popularity = 0.8, TopK = 5 };

    internal static Plan Of(Load load, PlanData? data = null, ulong seed = 1) => new()
    {
        Name = "test",
        Purpose = "a test",
        Target = "test",
        Load = load,
        Data = data ?? Data,
        Llm = null,
        Objectives = [],
        Seed = seed,
        Source = "",
    };

    internal static Load Load(int users, double up, double hold, double down, double think, params (string, double)[] mix) => new()
    {
        Users = users,
        Up = TimeSpan.FromSeconds(up),
        Hold = TimeSpan.FromSeconds(hold),
        Down = TimeSpan.FromSeconds(down),
        Think = new Always(think),
        Mix = mix.ToDictionary(entry => entry.Item1, entry => entry.Item2),
        Timeout = TimeSpan.FromSeconds(20),
        Stream = 0,
        DocumentsPerUser = 3,
        Watch = 0,
    };
}

internal sealed class KeptExchanges : IExchangeSink
{
    internal ConcurrentQueue<Exchange> Exchanges { get; } = [];

    internal ConcurrentQueue<(long Nanoseconds, Outcome Outcome)> Searchable { get; } = [];

    public void Record(Exchange exchange) => Exchanges.Enqueue(exchange);

    public void RecordSearchable(long nanoseconds, Outcome outcome, long at) => Searchable.Enqueue((nanoseconds, outcome));

    internal ConcurrentQueue<Felt> Felt { get; } = [];

    internal ConcurrentQueue<(long Due, bool Sent)> Arrivals { get; } = [];

    public void RecordFelt(Felt felt) => Felt.Enqueue(felt);

    public void RecordArrival(long due, long at, bool sent) => Arrivals.Enqueue((due, sent));

    internal ConcurrentQueue<(long Minute, int Requests)> Granted { get; } = [];

    public void RecordGranted(long minute, long at, int requests) => Granted.Enqueue((minute, requests));
}
