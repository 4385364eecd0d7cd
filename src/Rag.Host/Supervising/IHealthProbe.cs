namespace Rag.Host.Supervising;

/// <summary>Asks a process how it is.</summary>
internal interface IHealthProbe
{
    /// <summary>One question, with a bound; never throws.</summary>
    Task<Health> AskAsync(string address);
}

/// <summary>What a process answered.</summary>
internal enum Health
{
    /// <summary>Nothing, in time.</summary>
    Silent,

    /// <summary>It lives and isn't ready.</summary>
    Live,

    /// <summary>It is ready.</summary>
    Ready,
}
