using System.Globalization;
using System.Text;
using HdrHistogram;
using HdrHistogram.Utilities;

namespace Loadline.Recording;

/// <summary>
/// Writes HdrHistogram's log format 1.3 with tags: a line a histogram and second, readable by HdrHistogram's tools in any language. The library's own
/// writer produces UTF-16, which those tools can't read, so the line is made here and only its payload by the library.
/// </summary>
internal sealed class HistogramLog : IDisposable
{
    private readonly StreamWriter _writer;
    private readonly ByteBuffer _buffer;
    private byte[] _payload = [];

    public HistogramLog(string path, DateTimeOffset startedAt)
    {
        _writer = new StreamWriter(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read), new UTF8Encoding(false)) { NewLine = "\n" };
        _buffer = ByteBuffer.Allocate(Histograms.NewInterval().GetNeededByteBufferCapacity() + 1024);
        _writer.WriteLine("#[Logged by Loadline: times in microseconds, speeds in thousandths of a token per second]");
        _writer.WriteLine("#[Histogram log format version 1.3]");
        _writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"#[StartTime: {startedAt.ToUnixTimeMilliseconds() / 1000.0:F3} (seconds since epoch), {startedAt.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}]"));
        _writer.WriteLine("#[BaseTime: 0.000 (seconds since epoch)]");
        _writer.WriteLine("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"");
        _writer.Flush();
    }

    /// <summary>Writes one histogram of one second.</summary>
    /// <returns>Its payload as written, before base64; valid until the next call.</returns>
    public ReadOnlySpan<byte> Write(long second, string tag, HistogramBase histogram)
    {
        _buffer.Position = 0;
        var length = histogram.EncodeIntoCompressedByteBuffer(_buffer);
        var max = histogram.GetValueAtPercentile(100) / 1e6;
        _writer.Write("Tag=");
        _writer.Write(tag);
        _writer.Write(string.Create(CultureInfo.InvariantCulture, $",{second}.000,1.000,{max:F3},"));
        if (_payload.Length < length)
            _payload = new byte[length * 2];
        _buffer.Position = 0;
        for (var i = 0; i < length; i++)
            _payload[i] = _buffer.Get();
        _writer.WriteLine(Convert.ToBase64String(_payload, 0, length));
        return _payload.AsSpan(0, length);
    }

    /// <summary>Hands what was written to the operating system: from then on it survives this process.</summary>
    public void Flush() => _writer.Flush();

    public void Dispose() => _writer.Dispose();
}
