using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Rag.Embedding;
using Rag.Hosting;
using Rag.Reranking;

namespace Rag.Engines.Onnx;

/// <summary>What both ONNX engines share: settings, and the check of a model's folder.</summary>
internal abstract class OnnxEngine(OnnxSettings settings) : Engine
{
    public override string Seam => settings.Seam;

    public override string Name => "onnx";

    public override IReadOnlyList<Setting> Settings => settings.All;

    /// <summary>Reads, loads and computes once, as the service does at its start.</summary>
    public override ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken)
    {
        OnnxOptions options;
        try
        {
            options = OnnxOptions.Read(settings, context.Configuration);
        }
        catch (InvalidOperationException error)
        {
            return new([new Finding(false, error.Message, $"set {settings.Model.Path} to a model's folder")]);
        }

        if (ModelFolder.Read(options, out var problems) is null)
            return new([.. problems.Select(problem => new Finding(false, problem, "mend the folder as said; 'rag check' reads it again"))]);
        try
        {
            var model = LoadedModel.Load(options with { Sessions = 1 }, new OnnxMetrics(Seam), context.Time);
            var folder = model.Folder;
            model.Release();
            var runtime = OrtEnv.Instance().GetVersionString();
            return new([new Finding(true, $"{Seam}: model {folder.Id}, version {folder.Version}, {model.Outputs} {(options.IsReranking ? "score(s) a pair" : "dimensions")}, "
                + $"up to {folder.MaxTokens} tokens{(options.IsReranking ? "" : $", {folder.Pooling.ToString().ToLowerInvariant()} pooling ({folder.PoolingSource})")}, ONNX Runtime {runtime}")]);
        }
        catch (ModelException error)
        {
            return new([new Finding(false, error.Message, "export the model again, or name another folder")]);
        }
    }

    /// <summary>Registers the model, which is loaded when the host starts: a process whose model can't be used doesn't.</summary>
    /// <exception cref="InvalidOperationException">A setting or the folder can't be used; all problems, with remedies.</exception>
    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = Read(context);
        services.AddKeyedSingleton(Seam, (provider, _) => Open(provider, options));
        services.AddSingleton<IHostedService>(provider => new ModelStart(provider, Seam));
    }

    private static CurrentModel Open(IServiceProvider provider, OnnxOptions options)
    {
        try
        {
            return new CurrentModel(options, provider.GetRequiredService<TimeProvider>(), provider.GetService<ILogger<CurrentModel>>() ?? NullLogger<CurrentModel>.Instance);
        }
        catch (ModelException error)
        {
            throw new InvalidOperationException(error.Message, error);
        }
    }

    private OnnxOptions Read(EngineContext context)
    {
        var options = OnnxOptions.Read(settings, context.Configuration);
        return ModelFolder.Read(options, out var problems) is null ? throw new InvalidOperationException(string.Join(Environment.NewLine, problems)) : options;
    }

    private sealed class ModelStart(IServiceProvider provider, string seam) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            provider.GetRequiredKeyedService<CurrentModel>(seam);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>Embedding by a sentence model of Hugging Face, exported to ONNX, in this process.</summary>
internal sealed class OnnxEmbeddingEngine() : OnnxEngine(OnnxSettings.Embedding)
{
    public override string Description => "a sentence model (BERT, MiniLM, BGE, E5, GTE) exported to ONNX, run in this process";

    public override void Register(IServiceCollection services, EngineContext context)
    {
        base.Register(services, context);
        services.AddSingleton<IEmbedding>(provider => new OnnxEmbedding(provider.GetRequiredKeyedService<CurrentModel>(Seam), provider.GetRequiredService<TimeProvider>()));
    }
}

/// <summary>Reranking by a cross-encoder of Hugging Face, exported to ONNX, in this process.</summary>
internal sealed class OnnxRerankingEngine() : OnnxEngine(OnnxSettings.Reranking)
{
    public override string Description => "a cross-encoder (such as ms-marco-MiniLM, BGE reranker of the BERT kind) exported to ONNX, run in this process";

    public override void Register(IServiceCollection services, EngineContext context)
    {
        base.Register(services, context);
        services.AddSingleton<IReranking>(provider => new OnnxReranking(provider.GetRequiredKeyedService<CurrentModel>(Seam), provider.GetRequiredService<TimeProvider>()));
    }
}
