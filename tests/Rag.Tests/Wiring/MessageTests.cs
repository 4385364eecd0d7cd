using CsCheck;
using MessagePack;
using Rag.Filters;
using Rag.Generation;
using Rag.Host.Serving;
using Rag.Host.Wiring.Messages;
using Rag.Host.Wiring.Remote;
using Rag.Keywords;
using Rag.Seams;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Wiring;

/// <summary>Every message of every contract arrives as it was sent.</summary>
public sealed class MessageTests
{
    public static TheoryData<string> Calls =>
        [.. from contract in Contracts from call in contract.Calls select $"{contract.Service}.{contract.Type.Name}.{call.Name}"];

    private static IEnumerable<Contract> Contracts => [.. Modules.All.SelectMany(module => module.Contracts), FaultPortContract.Instance];

    [Theory]
    [MemberData(nameof(Calls))]
    public void Every_message_of_every_call_arrives_as_it_was_sent(string name)
    {
        var call = (from contract in Contracts from c in contract.Calls where $"{contract.Service}.{contract.Type.Name}.{c.Name}" == name select c).Single();
        Gen.Int.Sample(seed => call.Accept(new RoundTrips(seed)), iter: 200);
    }

    [Fact]
    public void Every_method_of_every_contract_is_a_call_of_it()
    {
        foreach (var contract in Contracts)
            Assert.Empty(contract.Type.GetMethods().Select(method => method.Name.Replace("Async", "", StringComparison.Ordinal)).Except(contract.Calls.Select(call => call.Name)));
    }

    [Fact]
    public void Null_and_empty_are_told_apart()
    {
        Assert.Null(Again<ChunkText?>(null));
        Assert.Null(Again<MetadataFilter?>(null));
        Assert.Null(Again<float[]?>(null));
        Assert.Equal([], Again<float[]?>([])!);
        Assert.Equal([], Again<IReadOnlyList<ChunkText?>>([]));
        Assert.Equal([null, null], Again<IReadOnlyList<ChunkText?>>([null, null]));
        Assert.Equal("", Again(""));
        Assert.Equal(default, Again(default(Nothing)));
    }

    [Fact]
    public void A_vector_costs_its_bytes_and_a_hit_no_names()
    {
        Assert.InRange(MessagePackSerializer.Serialize(new float[384], MessageFormat.Options).Length, 384 * 4, (384 * 4) + 5);
        Assert.InRange(MessagePackSerializer.Serialize(new VectorHit("doc", 1, 2, 0.5f), MessageFormat.Options).Length, 1, 16);
    }

    [Theory]
    [InlineData(new byte[] { 0x92, 0x05, 0xc0 })] // there is no kind 5
    [InlineData(new byte[] { 0x91, 0x00 })] // a kind without content
    [InlineData(new byte[] { 0xdd, 0xff, 0xff, 0xff, 0xff })] // four thousand million items, none of which follows
    public void What_is_no_message_is_refused(byte[] bytes) =>
        Assert.Throws<MessagePackSerializationException>(() => MessagePackSerializer.Deserialize<GenerationEvent>(bytes, MessageFormat.Options));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("[[\"a\"]]")]
    [InlineData("[[\"a\",\"Eq\"]]")]
    [InlineData("[[\"a\",\"Eq\",\"t:1\",\"t:2\"]]")]
    [InlineData("[[\"a\",\"0\",\"t:1\"]]")]
    [InlineData("[[\"a\",\"Eq\",\"x:1\"]]")]
    [InlineData("[[\"a\",\"Eq\",\"n:one\"]]")]
    [InlineData("[[\"a\",\"Eq\",null]]")]
    public void A_canonical_text_that_is_no_filters_is_refused(string canonical)
    {
        var error = Assert.Throws<Errors.RagException>(() => MetadataFilter.FromCanonical(canonical));
        Assert.Equal(Errors.RagError.InvalidArgument, error.Error);
    }

    private static T Again<T>(T value) => MessagePackSerializer.Deserialize<T>(MessagePackSerializer.Serialize(value, MessageFormat.Options), MessageFormat.Options);

    private sealed class RoundTrips(int seed) : ICallVisitor
    {
        private readonly MessageMaker _maker = new(seed);

        public void Visit<TService, TRequest, TReply>(UnaryCall<TService, TRequest, TReply> call) where TService : class
        {
            Check<TRequest>();
            Check<TReply>();
        }

        public void Visit<TService, TRequest, TItem>(StreamCall<TService, TRequest, TItem> call) where TService : class
        {
            Check<TRequest>();
            Check<IReadOnlyList<TItem>>();
        }

        private void Check<T>()
        {
            var sent = _maker.Make<T>();
            Assert.Null(Same.Difference(sent, Again(sent)));
        }
    }
}
