using Loadline.Targets;
using Xunit;

namespace Loadline.Tests.Targets;

public class SecretMaskTests
{
    [Theory]
    [InlineData("key sk-12345 end", "key ••• end")]
    [InlineData("?k=sk%2F1%2B2&x", "?k=•••&x")]
    [InlineData("{\"k\":\"q\\\"uote\"}", "{\"k\":\"•••\"}")]
    [InlineData("{\"k\":\"sk/1\\u002B2\"}", "{\"k\":\"•••\"}")]
    [InlineData("Basic c2stMTIzNDU=", "Basic •••")]
    [InlineData("cut in the middle: sk-123", "cut in the middle: •••")]
    [InlineData("too short to be one: abc", "too short to be one: abc")]
    public void A_secret_is_covered_in_every_form(string text, string covered) =>
        Assert.Equal(covered, SecretMask.Cover(text, ["sk-12345", "sk/1+2", "q\"uote", "abc", null, ""]));
}
