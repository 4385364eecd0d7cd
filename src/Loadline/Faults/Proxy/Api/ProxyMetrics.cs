using System.Globalization;
using System.Text;

namespace Loadline.Faults.Proxy.Api;

/// <summary>Prometheus text: Toxiproxy's two metrics, and ours.</summary>
internal static class ProxyMetrics
{
    internal static string Render(IEnumerable<KeyValuePair<string, ToxicProxy>> all)
    {
        var proxies = all.ToList();
        var text = new StringBuilder();
        Bytes(text, proxies, "toxiproxy_proxy_received_bytes_total", "The total number of bytes received on a given proxy link in a given direction", counter => counter.Received);
        Bytes(text, proxies, "toxiproxy_proxy_sent_bytes_total", "The total number of bytes sent on a given proxy link in a given direction", counter => counter.Sent);
        Count(text, proxies, "loadline_proxy_connections_total", "counter", "Connections that were accepted and taken on.", proxy => proxy.Counters.Accepted);
        Count(text, proxies, "loadline_proxy_connections", "gauge", "Connections that are open.", proxy => proxy.Open);
        Count(text, proxies, "loadline_proxy_refused_total", "counter", "Connections that were accepted and reset at once.", proxy => proxy.Counters.Refused);
        Count(text, proxies, "loadline_proxy_unreached_total", "counter", "Connections whose server couldn't be reached.", proxy => proxy.Counters.Unreached);
        Count(text, proxies, "loadline_proxy_unread_total", "counter", "Connections that toxics for HTTP left alone since they carry something else.", proxy => proxy.Counters.Unread);
        Head(text, "loadline_proxy_toxic_met_total", "counter", "Connections or requests that a toxic has met.");
        foreach (var (name, proxy) in proxies)
        {
            foreach (var toxic in proxy.Toxics)
            {
                if (Met(proxy, toxic.Name) is { } met)
                    text.Append(CultureInfo.InvariantCulture, $"loadline_proxy_toxic_met_total{{proxy=\"{Escaped(name)}\",toxic=\"{Escaped(toxic.Name)}\",type=\"{toxic.Type}\"}} {met}\n");
            }
        }
        return text.ToString();
    }

    private static void Bytes(StringBuilder text, List<KeyValuePair<string, ToxicProxy>> proxies, string metric, string about, Func<StreamCounter, long> of)
    {
        Head(text, metric, "counter", about);
        foreach (var (name, proxy) in proxies)
        {
            foreach (var (direction, counter) in new[] { ("upstream", proxy.Counters.Upstream), ("downstream", proxy.Counters.Downstream) })
                text.Append(CultureInfo.InvariantCulture, $"{metric}{{direction=\"{direction}\",listener=\"{proxy.Listen}\",proxy=\"{Escaped(name)}\",upstream=\"{Escaped(proxy.Upstream)}\"}} {of(counter)}\n");
        }
    }

    private static void Count(StringBuilder text, List<KeyValuePair<string, ToxicProxy>> proxies, string metric, string type, string about, Func<ToxicProxy, long> of)
    {
        Head(text, metric, type, about);
        foreach (var (name, proxy) in proxies)
            text.Append(CultureInfo.InvariantCulture, $"{metric}{{proxy=\"{Escaped(name)}\"}} {of(proxy)}\n");
    }

    private static void Head(StringBuilder text, string metric, string type, string about) => text.Append($"# HELP {metric} {about}\n# TYPE {metric} {type}\n");

    private static long? Met(ToxicProxy proxy, string toxic)
    {
        try
        {
            return proxy.Met(toxic);
        }
        catch (ToxicException)
        {
            // It went meanwhile.
            return null;
        }
    }

    private static string Escaped(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
