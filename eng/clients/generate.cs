#:package NSwag.CodeGeneration.CSharp@14.8.0
#:package Fluid.Core@2.41.1
#:package TimeZoneConverter@8.0.0
#:property PublishAot=false

// Writes a C# client of an OpenAPI document: dotnet run generate.cs -- openapi.json Client.cs
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;
using NSwag.CodeGeneration.OperationNameGenerators;

var document = await OpenApiDocument.FromFileAsync(args[0]);
var generator = new CSharpClientGenerator(document, new CSharpClientGeneratorSettings
{
    ClassName = "RagClient",
    OperationNameGenerator = new SingleClientFromOperationIdOperationNameGenerator(),
    CSharpGeneratorSettings = { Namespace = "Generated", JsonLibrary = CSharpJsonLibrary.SystemTextJson, GenerateNullableReferenceTypes = true },
});
await File.WriteAllTextAsync(args[1], generator.GenerateFile());
