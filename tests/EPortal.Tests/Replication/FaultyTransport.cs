using EPortal.Replication.Channel;

namespace EPortal.Tests.Replication;

/// <summary>
/// How one node reaches the others: real HTTP, on which calls to some nodes are cut, and by a seed some are delayed,
/// lost before or after the other node saw them, sent twice, or come back cut short or changed.
/// </summary>
internal sealed class FaultyTransport(int seed) : DelegatingHandler(PeerClient.Handler(checkCert: true))
{
    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly HashSet<string> _cut = new(StringComparer.Ordinal);

    /// <summary>Of so many calls in a hundred something goes wrong.</summary>
    public int Faults { get; set; }

    /// <summary>Calls made so far.</summary>
    public long Calls { get; private set; }

    public void Cut(string url)
    {
        lock (_gate)
            _cut.Add(url);
    }

    public void Mend()
    {
        lock (_gate)
            _cut.Clear();
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        int fault;
        lock (_gate)
        {
            Calls++;
            if (_cut.Contains(request.RequestUri!.GetLeftPart(UriPartial.Authority)))
                throw new HttpRequestException("cut");
            fault = _random.Next(100) < Faults ? _random.Next(6) : -1;
        }

        switch (fault)
        {
            case 0:
                throw new HttpRequestException("lost on the way");
            case 1:
                await Task.Delay(50, cancellationToken);
                break;
            case 2:
                using (await base.SendAsync(request, cancellationToken))
                    throw new HttpRequestException("lost on the way back");
            case 3:
                using (await base.SendAsync(await CopyAsync(request, cancellationToken), cancellationToken))
                    break; // And once more below.
        }

        var answer = await base.SendAsync(request, cancellationToken);
        return fault is 4 or 5 ? await DamageAsync(answer, fault == 4, cancellationToken) : answer;
    }

    private static async Task<HttpRequestMessage> CopyAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var content = new ByteArrayContent(await request.Content!.ReadAsByteArrayAsync(cancellation));
        content.Headers.ContentType = request.Content.Headers.ContentType;
        return new HttpRequestMessage(request.Method, request.RequestUri) { Content = content };
    }

    private static async Task<HttpResponseMessage> DamageAsync(
        HttpResponseMessage answer,
        bool cutShort,
        CancellationToken cancellation
    )
    {
        var body = await answer.Content.ReadAsByteArrayAsync(cancellation);
        if (cutShort)
            body = body[..(body.Length / 2)];
        else if (body.Length > 0)
            body[body.Length / 2] ^= 1;
        var type = answer.Content.Headers.ContentType;
        answer.Content = new ByteArrayContent(body);
        answer.Content.Headers.ContentType = type;
        return answer;
    }
}
