using System.Diagnostics.Metrics;
using System.Globalization;

namespace Rag.Engines.Postgres;

/// <summary>What the pool measures: the driver's own figures under the names of this system, and how long callers waited for a connection.</summary>
internal static class PostgresMetrics
{
    private const string Connections = "db.client.connection.count";
    private const string Pending = "db.client.connection.npgsql.pending_requests";
    private const string State = "db.client.connection.state";

    private static readonly Meter Meter = new("Rag");

    private static readonly Histogram<double> Wait = Meter.CreateHistogram(
        "rag.postgres.wait", "s", "Seconds that a call waited for a connection; the making of a new one and failed attempts included",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2] });

    private static readonly Lock Gate = new();
    private static readonly MeterListener Driver = new();
    private static long _used;
    private static long _idle;
    private static long _pending;
    private static int _pools;

    static PostgresMetrics()
    {
        Driver.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Npgsql" && instrument.Name is Connections or Pending)
                listener.EnableMeasurementEvents(instrument);
        };
        Driver.SetMeasurementEventCallback<int>(static (instrument, value, tags, _) => Note(instrument, value, tags));
        Driver.SetMeasurementEventCallback<long>(static (instrument, value, tags, _) => Note(instrument, value, tags));
        Driver.Start();
        Meter.CreateObservableGauge("rag.postgres.used", static () => Look().Used, null, "Connections to PostgreSQL in use");
        Meter.CreateObservableGauge("rag.postgres.idle", static () => Look().Idle, null, "Connections to PostgreSQL that wait in the pool");
        Meter.CreateObservableGauge("rag.postgres.pending", static () => Interlocked.Read(ref _pending), null, "Calls that wait for a connection to PostgreSQL");
    }

    /// <summary>A name for a pool: the driver would take the connection's text.</summary>
    public static string NextPool() => "rag-" + Interlocked.Increment(ref _pools).ToString(CultureInfo.InvariantCulture);

    /// <summary>A call has waited for a connection.</summary>
    public static void Waited(TimeSpan time) => Wait.Record(time.TotalSeconds);

    /// <summary>Connections in use and idle now, of all pools of the process.</summary>
    internal static (long Used, long Idle) Look()
    {
        lock (Gate)
        {
            (_used, _idle) = (0, 0);
            Driver.RecordObservableInstruments();
            return (_used, _idle);
        }
    }

    private static void Note(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (instrument.Name == Pending)
        {
            Interlocked.Add(ref _pending, value); // the driver tells changes
            return;
        }

        foreach (var (name, state) in tags)
            if (name == State && state is "used")
                _used += value;
            else if (name == State && state is "idle")
                _idle += value;
    }
}
