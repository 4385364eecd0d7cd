namespace EndToEnd.Tests.Runs.Defects;

/// <summary>What is wrong with a <see cref="DefectiveRag"/>. Each but the errors breaks one objective of plans/objectives/rag.yaml and no other.</summary>
/// <remarks>
/// Recovery asks that all is well again after the fault, so what is wrong for another objective's sake has passed by then: "before" is before the fault, "so far" until its end.
/// </remarks>
public enum Defect
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Before: every second question waits for 4 s, 350 of them.</summary>
    SlowQuestions,

    /// <summary>Before: the first 90 uploads are accepted after 10.6 s only.</summary>
    SlowUploads,

    /// <summary>So far: 250 ms between two pieces of an answer, in all 1 s.</summary>
    SlowTokens,

    /// <summary>So far: one of a hundred looks at the status is answered with 500, at once.</summary>
    SomeFailures,

    /// <summary>So far: one of twelve is.</summary>
    ManyFailures,

    /// <summary>So far: looks at the status are held up for 2–8 s, or until the fault is over.</summary>
    HeldUp,

    /// <summary>More than 300 questions in a second are refused with 429.</summary>
    TightLimit,

    /// <summary>After the fault questions are still answered without a part.</summary>
    StaysDegraded,

    /// <summary>Under the fault: 5.3 s into it one look at the status each 40 ms hangs and then fails, nine in all: more than one in a hundred of that second, in which the others take 2 s, and less than one in a thousand of the run.</summary>
    NoBreaker,

    /// <summary>Answers without a part come after 1.5 s.</summary>
    SlowFallback,

    /// <summary>From the fault on documents are searchable after 3 s only.</summary>
    DammedQueue,

    /// <summary>Nothing is wrong with it: the load has 900 users.</summary>
    FewUsers,
}
