using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Rag.Generation;
using Xunit;

namespace Rag.Tests.Generation;

public sealed class MeasuredGenerationTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly MeterListener _listener = new();
    private readonly string _provider = Guid.NewGuid().ToString("N"); // other tests of this process measure, too
    private readonly Dictionary<string, double> _seen = [];

    public MeasuredGenerationTests()
    {
        _listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Meter.Name == "Rag" && instrument.Name.StartsWith("gen_ai.", StringComparison.Ordinal))
                me.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument.Name, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument.Name, value, tags));
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task An_answer_has_its_time_its_tokens_and_its_speed()
    {
        // First text after 200 ms, four more each 50 ms later: 400 ms, 5 tokens.
        var events = await AllAsync(new Told(_time, 200, 50, 50, 50, 50));
        Assert.Equal(6, events.Count);
        Assert.Equal(
            new Dictionary<string, double>
            {
                ["gen_ai.server.time_to_first_token"] = 0.2,
                ["gen_ai.client.operation.duration "] = 0.4,
                ["gen_ai.client.token.usage input"] = 40,
                ["gen_ai.client.token.usage output"] = 5,
                ["gen_ai.server.time_per_output_token"] = 0.05,
            }.OrderBy(entry => entry.Key), _seen.OrderBy(entry => entry.Key));
    }

    [Fact]
    public async Task A_failure_has_its_kind_and_no_tokens()
    {
        await Assert.ThrowsAsync<RagException>(() => AllAsync(new Told(_time, 200, 50) { Failure = new RagException(RagError.Overloaded, "full") }));
        Assert.Equal(0.25, _seen["gen_ai.client.operation.duration Overloaded"], 1e-9);
        Assert.DoesNotContain(_seen.Keys, key => key.StartsWith("gen_ai.client.token.usage", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reader_that_leaves_ends_the_measurement()
    {
        await foreach (var _ in Measured(new Told(_time, 200, 50, 50)).GenerateAsync(Request, TestContext.Current.CancellationToken))
            break;
        Assert.Equal(0.2, _seen["gen_ai.client.operation.duration cancelled"], 1e-9);
    }

    private static GenerationRequest Request => new() { Messages = [], Question = "?", Passages = [] };

    private MeasuredGeneration Measured(IGeneration model) => new(model, new GenerationMetrics(_provider), _time);

    private async Task<List<GenerationEvent>> AllAsync(IGeneration model)
    {
        var events = new List<GenerationEvent>();
        await foreach (var step in Measured(model).GenerateAsync(Request, TestContext.Current.CancellationToken))
            events.Add(step);
        return events;
    }

    private void Note(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var all = tags.ToArray().ToDictionary(tag => tag.Key, tag => (string?)tag.Value);
        if (all.GetValueOrDefault("gen_ai.provider.name") != _provider)
            return;
        Assert.Equal("chat", all["gen_ai.operation.name"]);
        _seen[name + (all.TryGetValue("gen_ai.token.type", out var type) || all.TryGetValue("error.type", out type) ? " " + type : "")] = Math.Round(value, 9);
    }

    private sealed class Told(FakeTimeProvider time, params int[] waits) : IGeneration
    {
        public RagException? Failure { get; init; }

        public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>(["told"]);

        public async IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            foreach (var wait in waits)
            {
                time.Advance(TimeSpan.FromMilliseconds(wait));
                yield return new GenerationText("a");
            }

            if (Failure is not null)
                throw Failure;
            yield return new GenerationEnd(40, waits.Length, "stop", "told");
        }
    }
}
