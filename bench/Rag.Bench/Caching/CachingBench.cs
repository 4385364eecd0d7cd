using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Caching;
using Rag.Gateway;
using Rag.Generation;
using Rag.Keywords;
using Rag.Models;
using Rag.Query;
using Rag.Search;

namespace Rag.Bench.Caching;

/// <summary>The command <c>caching</c>: what a hit, a miss with its lease, a shared rate limit and an answer told again cost within one process, without any service's work.</summary>
internal static class CachingBench
{
    private const int AnswerBytes = 6_000; // five citations of 1,000 characters, and a paragraph
    private const int Citations = 5;

    public static Command Create()
    {
        var operations = new Option<int>("--operations") { Description = "Operations of each kind, after a tenth that is not measured", DefaultValueFactory = _ => 300_000 };
        var command = new Command("caching", "Cost of a hit, of a miss with its lease, of a rate limit and of an answer told again") { operations };
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(operations)));
        return command;
    }

    private static async Task RunAsync(int operations)
    {
        var time = TimeProvider.System;
        using var store = new CacheStore(new CachingOptions { Entries = 100_000, Bytes = 1L << 30 }, time, new Random(1));
        var value = new byte[AnswerBytes];
        var keys = Enumerable.Range(0, 1_000).Select(i => $"answer:{i:x64}").ToArray();
        var generation = (await store.GetOrLeadAsync(new CacheLookup("t", "first", Guid.NewGuid(), default), default)).Generation;
        foreach (var key in keys)
            await store.KeepAsync(new CacheEntry("t", key, generation, TimeSpan.FromHours(1), value), default);

        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}; one caller at a time");
        Console.WriteLine("                                       µs    bytes allocated");
        await MeasureAsync("a hit in the store", operations, i => store.GetOrLeadAsync(new CacheLookup("t", keys[i % keys.Length], Guid.NewGuid(), default), default));
        await MeasureAsync("a miss: lease, then kept", operations, async i =>
        {
            var key = keys[i % keys.Length];
            var reply = await store.GetOrLeadAsync(new CacheLookup("u", key, Guid.NewGuid(), default), default);
            await store.KeepAsync(new CacheEntry("u", key, reply.Generation, default, value), default); // no lifetime: the next one misses too
            return reply;
        });
        await MeasureAsync("a miss: lease, then given up", operations, async i =>
        {
            var lookup = new CacheLookup("u", keys[i % keys.Length], Guid.NewGuid(), default);
            var reply = await store.GetOrLeadAsync(lookup, default);
            await store.AbandonAsync(new CacheLease(lookup.Tenant, lookup.Key, lookup.Lease), default);
            return reply;
        });
        var limits = new UserLimits(new RateLimitStore(time, 1_000_000), new GatewayOptions(), time, NullLogger<UserLimits>.Instance);
        await MeasureAsync("a rate limit, at the gateway", operations, i => limits.TakeAsync(keys[i % keys.Length], 1_000_000, default));

        await AnswersAsync(operations / 10, store, time);
    }

    // A query service over parts that cost nothing: what is left is the cache's work and the query's own.
    private static async Task AnswersAsync(int operations, CacheStore store, TimeProvider time)
    {
        var parts = new Parts();
        QueryService New(QueryOptions options) => new(
            parts, parts, new AnswerCache(store, null, options, time, NullLogger<AnswerCache>.Instance), new ModelNames(parts, time), options, time, NullLogger<QueryService>.Instance);
        var (caching, plain) = (New(new QueryOptions { CacheLifetime = TimeSpan.FromHours(1) }), New(new QueryOptions { CacheLifetime = TimeSpan.Zero }));
        await MeasureAsync("an answer told again", operations, i => AskAsync(caching, "always the same"));
        await MeasureAsync("an answer computed, then kept", operations, i => AskAsync(caching, $"another each time {i} {operations}"));
        await MeasureAsync("an answer computed, cache off", operations, i => AskAsync(plain, $"another each time {i}"));

        static async ValueTask<int> AskAsync(QueryService query, string question)
        {
            var events = 0;
            await foreach (var _ in query.AnswerAsync(new AnswerRequest { Tenant = "t", Question = question }, default))
                events++;
            return events;
        }
    }

    private static async Task MeasureAsync<T>(string what, int operations, Func<int, ValueTask<T>> operation)
    {
        for (var i = -operations / 10; i < 0; i++)
            await operation(i & 0xffff);
        var (bytes, watch) = (GC.GetTotalAllocatedBytes(), Stopwatch.StartNew());
        for (var i = 0; i < operations; i++)
            await operation(i);
        var micros = watch.Elapsed.TotalMicroseconds / operations;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-32}{micros,9:0.00}{(GC.GetTotalAllocatedBytes() - bytes) / operations,12}"));
    }

    private sealed class Parts : ISearch, IGeneration
    {
        private static readonly SearchReply Found = new(
            [.. Enumerable.Range(0, Citations).Select(i => new SearchResult(new ChunkKey($"document-{i}", 1, i), $"Document {i}", new string('x', 1_000), 1.0 / (i + 1)))], []);

        public ValueTask<SearchReply> SearchAsync(SearchRequest request, CancellationToken cancellationToken) => new(Found);

        public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => new(["none"]);

        public async IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            yield return new GenerationText(new string('y', 500));
            yield return new GenerationEnd(100, 100, "stop", "none");
        }
    }
}
