using Microsoft.Extensions.Configuration;
using Rag.Host.Wiring;
using Rag.Hosting;
using Xunit;

namespace Rag.Tests.Wiring;

public sealed class PlacementTests
{
    private static readonly IReadOnlyList<ServiceModule> All =
    [
        new FakeModule("identity"), new FakeModule("embedding"), new FakeModule("vectors"), new FakeModule("keywords"), new FakeModule("reranking"), new FakeModule("documents"),
        new FakeModule("search", "embedding", "vectors", "keywords", "reranking"), new FakeModule("ingestion", "documents", "embedding", "vectors", "keywords"),
    ];

    [Fact]
    public void Without_a_word_every_service_is_hosted_and_none_is_elsewhere()
    {
        var placement = Read();
        Assert.Equal(All, placement.Hosted);
        Assert.Empty(placement.Remote);
    }

    [Fact]
    public void What_a_hosted_service_needs_is_elsewhere_and_what_that_needs_in_turn_is_not_asked_for()
    {
        var placement = Read(("services", "search"), ("peers:embedding", "unix:/e.sock"), ("peers:vectors", "http://v:1,http://w:2"), ("peers:keywords", "http://k:1"), ("peers:reranking", "http://r:1"), ("peers:identity", "http://i:1"));
        Assert.Equal(["search"], placement.Hosted.Select(module => module.Name));
        Assert.Equal(["embedding", "vectors", "keywords", "reranking"], placement.Remote.Select(remote => remote.Module.Name));
        Assert.Equal(["http://v:1", "http://w:2"], placement.Remote.Single(remote => remote.Module.Name == "vectors").Addresses.Select(address => address.Text));
    }

    [Fact]
    public void What_is_hosted_here_is_used_here_even_when_it_has_other_addresses() =>
        Assert.Empty(Read(("services", "search, embedding, vectors, keywords, reranking"), ("peers:embedding", "unix:/e.sock")).Remote);

    [Fact]
    public void Names_from_the_environment_may_be_upper_case() =>
        Assert.Equal("vectors", Assert.Single(Read(("services", "ingestion,documents,embedding,keywords"), ("peers:VECTORS", "http://v:1")).Remote).Module.Name);

    [Fact]
    public void All_problems_are_told_at_once()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Read(
            ("services", "search,serch,vectors,keywords"), ("peers:vecotrs", "http://x:1"), ("peers:embedding", "unix:relative"), ("peers:reranking", ""), ("peers:identity", "http://x:0"), ("grpc", "tcp://x")));
        var lines = error.Message.Split(Environment.NewLine);
        Assert.Equal(6, lines.Length);
        Assert.Contains(lines, line => line.StartsWith("--services: there is no service 'serch'; the services are documents, embedding,", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("--peer vecotrs: there is no service 'vecotrs'", StringComparison.Ordinal));
        Assert.Contains("--peer embedding: 'unix:relative' is not permitted; a socket's path is absolute: unix:/absolute/path.sock", lines);
        Assert.Contains("--peer reranking: names no address; expected reranking=ADDRESS[,ADDRESS…]", lines);
        Assert.Contains("--peer identity: 'http://x:0' is not permitted; a peer's port is 1–65535", lines);
        Assert.Contains("--grpc: 'tcp://x' is not permitted; expected unix:/absolute/path.sock or http://HOST:PORT", lines);
    }

    [Fact]
    public void A_service_that_is_needed_and_nowhere_is_told_with_who_needs_it()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Read(("services", "search,ingestion,vectors,keywords,reranking,documents")));
        Assert.Equal(
            "search and ingestion need embedding, which this process neither hosts nor knows an address of; name it in --services, or add --peer embedding=ADDRESS", error.Message);
    }

    [Theory]
    [InlineData("unix:x.sock")]
    [InlineData("https://h:1")]
    [InlineData("http://h:1/path")]
    [InlineData("http://user@h:1")]
    [InlineData("h:1")]
    [InlineData("http://h:65536")]
    public void An_address_is_a_socket_or_a_host_with_a_port(string address) =>
        Assert.Contains($"'{address}' is not permitted", Assert.Throws<InvalidOperationException>(() => Read(("peers:vectors", address))).Message);

    [Fact]
    public void A_sockets_path_that_the_system_would_cut_is_refused() =>
        Assert.Contains("is too long for a socket", Assert.Throws<InvalidOperationException>(() => Read(("peers:vectors", $"unix:/{new string('x', 200)}"))).Message);

    private static Placement Read(params (string Key, string? Value)[] settings) =>
        Placement.Read(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => s.Value)).Build(), All);
}
