using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Patchsets;

public sealed class PortalSignerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task All_that_start_at_once_on_a_new_folder_sign_with_one_key()
    {
        const int Programs = 8;
        for (var round = 0; round < 20; round++)
        {
            var file = _folder.File($"{round}.key");
            using var start = new Barrier(Programs);
            var keys = await Task.WhenAll(
                Enumerable
                    .Range(0, Programs)
                    .Select(_ =>
                        Task.Factory.StartNew(
                            () =>
                            {
                                start.SignalAndWait();
                                return PortalSigner.Open(file, TrustedKeys.None).KeysForAgents();
                            },
                            TestContext.Current.CancellationToken,
                            TaskCreationOptions.LongRunning,
                            TaskScheduler.Default
                        )
                    )
            );

            keys.Distinct().ShouldHaveSingleItem();
        }
    }
}
