using CsCheck;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Tests.Format;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>
/// A real portal and a real source in random histories, beside a model that is too simple to be wrong.
/// </summary>
public sealed class SyncModelTests
{
    private static readonly string[] Channels = ["default", "default", "test", "unstable"];

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Enum<Kind>(),
        Gen.Int[0, 1000],
        (kind, pick) => new Step(kind, pick)
    );

    private enum Kind
    {
        Release,
        ReleaseMore,
        Withdraw,
        Block,
        Restore,
        Unlist,
        Sync,
        SyncAgain,
        SyncDown,
        SyncRolledBack,
        SyncExpired,
        SyncWronglySigned,
        SyncBrokenArchive,
        Wait,
        AutoUpdate,
        Enable,
        Disable,
        Delete,
    }

    [Fact]
    public Task Whatever_the_source_does_feeds_hold_what_the_rules_say_and_nothing_wrong() =>
        Steps
            .Array[10, 30]
            .SampleAsync(
                async steps =>
                {
                    await using var run = await History.BeginAsync();
                    foreach (var step in steps)
                    {
                        await run.TakeAsync(step);
                        run.Compare(step);
                    }
                },
                iter: 40,
                threads: 1
            );

    private sealed record Step(Kind Kind, int Pick);

    private sealed class History : IAsyncDisposable
    {
        private readonly FakeSource _source;
        private readonly SourceHouse _house;
        private readonly SourceModel _model = new();
        private readonly List<ModelEntry> _vendor = [];
        private readonly List<(int Version, ModelEntry[] Index, byte[] Json, byte[] Signature)> _published = [];
        private int _released;

        private History(FakeSource source) => (_source, _house) = (source, SourceHouse.Open(source));

        public static async Task<History> BeginAsync()
        {
            var history = new History(await FakeSource.StartAsync());
            foreach (var (name, wait, channel) in SourceModel.Feeds.Skip(1))
                await history._house.Portal.Feeds.Add(
                    SourceHouse.Admin,
                    name,
                    new FeedSettings(wait is not null, wait ?? 0, channel)
                );
            history.Publish();
            return history;
        }

        public async Task TakeAsync(Step step)
        {
            switch (step.Kind)
            {
                case Kind.Release or Kind.ReleaseMore when _released < 25:
                    await ReleaseAsync(Channels[step.Pick % Channels.Length]);
                    break;
                case Kind.Withdraw:
                    Say(step.Pick, RepositoryState.Withdrawn);
                    break;
                case Kind.Block:
                    Say(step.Pick, RepositoryState.Blocked);
                    break;
                case Kind.Restore:
                    Say(step.Pick, RepositoryState.Available);
                    break;
                case Kind.Unlist when _vendor.Count > 0:
                    _source.Entries.RemoveAt(step.Pick % _vendor.Count);
                    _vendor.RemoveAt(step.Pick % _vendor.Count);
                    Publish();
                    break;
                case Kind.Sync or Kind.SyncAgain:
                    await SyncAsync(_published.Count - 1);
                    break;
                case Kind.SyncRolledBack:
                    await SyncAsync(step.Pick % _published.Count);
                    break;
                case Kind.SyncDown:
                    _source.Misbehave = (context, _) => Task.FromResult((context.Response.StatusCode = 500) > 0);
                    (await _house.RefusedAsync()).ShouldBe(SourceError.Failing);
                    break;
                case Kind.SyncExpired:
                    _source.Publish(_house.Time.GetUtcNow().AddMinutes(-1));
                    (await _house.RefusedAsync()).ShouldBe(SourceError.Expired);
                    Publish();
                    break;
                case Kind.SyncWronglySigned:
                    _source.Files["index.json.minisig"] = [.. _source.Files["index.json.minisig"].Reverse()];
                    (await _house.RefusedAsync()).ShouldBe(SourceError.WronglySigned);
                    break;
                case Kind.SyncBrokenArchive when _vendor.Count > 0:
                    await SyncAsync(_published.Count - 1, _vendor[step.Pick % _vendor.Count].Name);
                    break;
                case Kind.Wait:
                    _house.Time.Advance(TimeSpan.FromHours(step.Pick % 7));
                    _model.Now += TimeSpan.FromHours(step.Pick % 7);
                    break;
                case Kind.AutoUpdate:
                    await _house.Portal.AutoUpdate.Run(Actor.Portal, Product.Kernel);
                    _model.AutoUpdate();
                    break;
                case Kind.Enable or Kind.Disable or Kind.Delete when _model.Here.Any():
                    await ActAsync(step);
                    break;
                default:
                    break;
            }

            _source.Misbehave = (_, _) => Task.FromResult(false);
            Serve(_published.Count - 1);
        }

        /// <summary>Every state on every feed, every offer, and the very bytes that are offered.</summary>
        public void Compare(Step step)
        {
            foreach (var (feed, _, _) in SourceModel.Feeds)
            {
                _house.States(feed).ShouldBe(_model.States(feed), $"on {feed} after {step}");
                var offer = _house.Portal.Database.Read(session =>
                    _house
                        .Portal.Offers.At(session)
                        .FindOrNull(FeedStore.Get(session, feed).Id, Product.Kernel, SamplePatchset.Kernel('a'))
                );
                ((int?)offer?.Level).ShouldBe(_model.Offer(feed), $"on {feed} after {step}");
                if (offer is not null)
                    ServesTheVendorsBytes(offer.Level);
            }

            (_house.Portal.Database.Read(SourceStore.SeenOrNull)?.Version ?? 0).ShouldBe(_model.Seen);
        }

        public async ValueTask DisposeAsync()
        {
            await _house.DisposeAsync();
            await _source.DisposeAsync();
        }

        private void ServesTheVendorsBytes(int level)
        {
            var found = _house
                .Portal.Get<PatchFileIndex>()
                .FindOrNull(new PatchFileRequest(SamplePatchset.Kernel('a'), level, "kpatch.bin"))
                .ShouldNotBeNull();
            File.ReadAllBytes(found.Path)
                .SequenceEqual(_source.Files[$"patches/{SamplePatchset.Kernel('a')}/{level}/kpatch.bin"])
                .ShouldBeTrue();
        }

        private async Task ReleaseAsync(string channel)
        {
            var level = ++_released;
            await _source.AddAsync($"K{level}", level, channel);
            _vendor.Add(new ModelEntry($"K{level}", level, channel, RepositoryState.Available));
            Publish();
        }

        private void Say(int pick, RepositoryState state)
        {
            if (_vendor.Count == 0)
                return;
            var at = pick % _vendor.Count;
            _source.Say(_vendor[at].Name, state);
            _vendor[at] = _vendor[at] with { State = state };
            Publish();
        }

        private void Publish()
        {
            _source.Publish(_house.Time.GetUtcNow().AddDays(300));
            _published.Add(
                ((int)_source.Version, [.. _vendor], _source.Files["index.json"], _source.Files["index.json.minisig"])
            );
        }

        private void Serve(int at) =>
            (_source.Files["index.json"], _source.Files["index.json.minisig"]) = (
                _published[at].Json,
                _published[at].Signature
            );

        private async Task SyncAsync(int at, string? broken = null)
        {
            Serve(at);
            var (version, index, _, _) = _published[at];
            if (version < _model.Seen)
            {
                (await _house.RefusedAsync()).ShouldBe(SourceError.Older);
                return;
            }

            _source.Misbehave = async (context, path) =>
            {
                if (broken is null || !path.EndsWith($"/{broken}.tar.gz", StringComparison.Ordinal))
                    return false;
                var content = (byte[])_source.Files[path].Clone();
                content[^20] ^= 1;
                await context.Response.Body.WriteAsync(content);
                return true;
            };
            await _house.SyncAsync();
            _model.Sync(version, index, broken);
        }

        private async Task ActAsync(Step step)
        {
            var name = _model.Here.ElementAt(step.Pick % _model.Here.Count());
            var feed = SourceModel.Feeds[step.Pick / 32 % SourceModel.Feeds.Count].Name;
            switch (step.Kind)
            {
                case Kind.Enable when _model.IsBlocked(name):
                    await Should.ThrowAsync<RefusedException>(() =>
                        _house.Portal.Rollout.Enable(
                            SourceHouse.Admin,
                            Product.Kernel,
                            name,
                            feed,
                            CancellationToken.None
                        )
                    );
                    break;
                case Kind.Enable:
                    await _house.Portal.Rollout.Enable(
                        SourceHouse.Admin,
                        Product.Kernel,
                        name,
                        feed,
                        CancellationToken.None
                    );
                    _model.Enable(feed, name);
                    break;
                case Kind.Disable:
                    await _house.Portal.Rollout.Disable(SourceHouse.Admin, Product.Kernel, name, feed);
                    _model.Disable(feed, name);
                    break;
                default:
                    await _house.Portal.Patchsets.Delete(SourceHouse.Admin, Product.Kernel, name);
                    _model.Delete(name);
                    break;
            }
        }
    }
}
