using Npgsql;

namespace Rag.Engines.Postgres;

/// <summary>Short ways to write statements with positional parameters (<c>$1</c>, <c>$2</c>, …).</summary>
internal static class PostgresStatements
{
    /// <summary>
    /// For the rest of the transaction, rows are found by indexes. Every statement that says so asks for a few rows by their keys; but plans are made once and kept,
    /// often while tables are empty or nobody has counted their rows, and then read all of a table that has grown since. A plan that has no index to use looks so dear
    /// then that the server would compile it, which takes longer than the statement.
    /// </summary>
    public const string ByIndex = "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), " +
        "set_config('jit', 'off', true)";

    /// <summary>Adds a statement to a batch.</summary>
    public static NpgsqlBatch Add(this NpgsqlBatch batch, string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        batch.BatchCommands.Add(command);
        return batch;
    }

    /// <summary>A statement by itself.</summary>
    public static NpgsqlCommand Statement(this NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }
}
