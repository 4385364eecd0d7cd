using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Engines.Postgres;

/// <summary>Numbers of advisory locks: those belong to a database, so each schema has its own.</summary>
internal static class PostgresLocks
{
    public static long Of(string what, string schema) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"rag/{schema}/{what}")));
}
