using Rag.Host.Commands;

return await RagCommand.RunAsync(args).ConfigureAwait(false);
