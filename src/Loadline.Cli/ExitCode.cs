namespace Loadline.Cli;

/// <summary>What <c>loadline</c> exits with. Where k6 has a code of the same meaning, it is k6's.</summary>
internal static class ExitCode
{
    /// <summary>PASS or WARN.</summary>
    public const int Passed = 0;

    /// <summary>INVALID: the run can't be judged.</summary>
    public const int Invalid = 98;

    /// <summary>FAIL: an objective did not hold.</summary>
    public const int Failed = 99;

    /// <summary>The plan or the arguments are wrong; nothing was run.</summary>
    public const int BadPlan = 104;

    /// <summary>Ctrl-C or SIGTERM.</summary>
    public const int Interrupted = 105;

    /// <summary>The target could not be started or prepared, or an internal error.</summary>
    public const int Internal = 107;
}
