using Xunit;

namespace Rag.Tests.Contracts;

/// <summary>All services in one host.</summary>
public sealed class CoHostedContractTests(CoHosted shape) : ContractSuite(shape.System), IClassFixture<CoHosted>;

/// <summary>All services in one host, by their interfaces.</summary>
public sealed class CoHostedInterfaceTests(CoHosted shape) : InterfaceSuite(shape), IClassFixture<CoHosted>;

/// <summary>Every service in a host of its own.</summary>
public sealed class ApartContractTests(Apart shape) : ContractSuite(shape.System), IClassFixture<Apart>;

/// <summary>Every service in a host of its own, by their interfaces.</summary>
public sealed class ApartInterfaceTests(Apart shape) : InterfaceSuite(shape), IClassFixture<Apart>;
