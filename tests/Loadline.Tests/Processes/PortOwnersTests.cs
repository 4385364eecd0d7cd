using System.Net;
using System.Net.Sockets;
using Loadline.Processes;
using Xunit;

namespace Loadline.Tests.Processes;

public class PortOwnersTests
{
    private const string Line = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 23456 1 0000000000000000 100 0 0 10 0";

    [Theory]
    [InlineData(Line, 8080, "socket:[23456]")]
    [InlineData(Line, 8081, null)]
    [InlineData("   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 23457 1", 8080, null)] // a connection
    [InlineData("   2: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 23458 1", 8080, "socket:[23458]")]
    [InlineData("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", 8080, null)]
    [InlineData("", 8080, null)]
    public void A_line_of_the_kernels_table_names_the_socket_that_listens(string line, int port, string? socket) => Assert.Equal(socket, PortOwners.SocketOf(line, port));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void Who_listens_is_found_until_it_stops(string address)
    {
        Assert.SkipUnless(PortOwners.AreKnown, "who listens is told by Linux alone");
        var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Equal([Environment.ProcessId], PortOwners.Of(port));
        listener.Stop();
        Assert.Empty(PortOwners.Of(port));
    }
}
