using EPortal.Format;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>Signatures and keys against the <c>minisign</c> program, both ways.</summary>
public sealed class MinisignTests : IDisposable
{
    private static readonly byte[] Content = SamplePatchset.Text("what is signed\n");

    private readonly Minisign _minisign = new();

    public MinisignTests() => _minisign.Write("content", Content);

    public void Dispose() => _minisign.Dispose();

    [Fact]
    public void It_accepts_what_is_signed_here()
    {
        var key = MinisignSecretKey.Generate();
        _minisign.Write("key.pub", key.PublicKey.ToText("test key"));
        foreach (var comment in (string[])["K20260501_01", "", "tab\there", new string('c', 1024), "ümläut \u2028 x"])
        {
            _minisign.Write("content.minisig", key.Sign(Content, comment, "not signed"));
            var text = _minisign.Do("-V", "-m", "content", "-p", "key.pub");
            text.ShouldContain($"Trusted comment: {comment}");
            new TrustedKeys([key.PublicKey])
                .Verify(Content, _minisign.Read("content.minisig"), "content")
                .ShouldBe(key.PublicKey);
        }
    }

    [Fact]
    public void A_key_made_here_signs_there()
    {
        var key = MinisignSecretKey.Generate();
        _minisign.Write("key", key.ToText());
        _minisign.Do("-S", "-W", "-s", "key", "-m", "content");
        new TrustedKeys([key.PublicKey])
            .Verify(Content, _minisign.Read("content.minisig"), "content")
            .ShouldBe(key.PublicKey);
        MinisignSecretKey.Parse(key.ToText(), null).PublicKey.ShouldBe(key.PublicKey);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_it_signs_is_accepted_here(bool legacy)
    {
        _minisign.Do("-G", "-W", "-p", "key.pub", "-s", "key");
        string[] args = ["-S", "-s", "key", "-m", "content", .. legacy ? ["-l"] : Array.Empty<string>()];
        var key = MinisignPublicKey.Parse(_minisign.Read("key.pub"));
        foreach (var comment in (string[])["", "-t\tone\u2028line", "-tä"])
        {
            _minisign.Do([.. args, .. comment.Length > 0 ? [comment] : Array.Empty<string>()]);
            var signature = _minisign.Read("content.minisig");
            var trusted = new TrustedKeys([key]);
            trusted.Verify(Content, signature, "content").ShouldBe(key);
            trusted.Verify(new MemoryStream(Content), signature, "content").ShouldBe(key);
            trusted.Verify(Content, signature.Replace("\n", "\r\n", StringComparison.Ordinal), "content").ShouldBe(key);
        }

        // It leaves out the zeros in front, which one key in sixteen has.
        _minisign.Read("key.pub").ShouldContain($"public key {key.KeyId.TrimStart('0')}\n");
        MinisignPublicKey.Parse(key.ToString()).ShouldBe(key);
    }

    [Fact]
    public void Its_secret_key_without_a_password_signs_here()
    {
        _minisign.Do("-G", "-W", "-p", "key.pub", "-s", "key");
        MinisignSecretKey.IsProtected(_minisign.Read("key")).ShouldBeFalse();
        var key = MinisignSecretKey.Parse(_minisign.Read("key"), null);
        key.PublicKey.ShouldBe(MinisignPublicKey.Parse(_minisign.Read("key.pub")));
        _minisign.Write("content.minisig", key.Sign(new MemoryStream(Content), "comment", "untrusted"));
        _minisign.Accepts("content", "content.minisig", "key.pub").ShouldBeTrue();
    }

    [Fact]
    public void Its_secret_key_with_a_password_signs_here()
    {
        _minisign.Run("pass wörd\npass wörd\n", "-G", "-p", "key.pub", "-s", "key").Exit.ShouldBe(0);
        var file = _minisign.Read("key");
        MinisignSecretKey.IsProtected(file).ShouldBeTrue();
        var key = MinisignSecretKey.Parse(file, "pass wörd");
        key.PublicKey.ShouldBe(MinisignPublicKey.Parse(_minisign.Read("key.pub")));
        _minisign.Write("content.minisig", key.Sign(Content, "comment", "untrusted"));
        _minisign.Accepts("content", "content.minisig", "key.pub").ShouldBeTrue();
        BadKey(() => MinisignSecretKey.Parse(file, "pass word")).ShouldBe("wrong password for the secret key");
        BadKey(() => MinisignSecretKey.Parse(file, null)).ShouldBe("the secret key needs a password");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_is_altered_both_refuse(bool legacy)
    {
        _minisign.Do("-G", "-W", "-p", "key.pub", "-s", "key");
        _minisign.Do([
            "-S",
            "-s",
            "key",
            "-m",
            "content",
            "-t",
            "the comment",
            .. legacy ? ["-l"] : Array.Empty<string>(),
        ]);
        var key = MinisignPublicKey.Parse(_minisign.Read("key.pub"));
        var lines = _minisign.Read("content.minisig").TrimEnd().Split('\n');
        Refuse(key, Content, [lines[0], lines[1], "trusted comment: another", lines[3]]);
        Refuse(key, Content, [lines[0], lines[1], "trusted comment: the comment ", lines[3]]);
        Refuse(key, Content, [lines[0], lines[1], lines[2], Altered(lines[3], 20)]);
        Refuse(key, Content, [lines[0], Altered(lines[1], 60), lines[2], lines[3]]);
        Refuse(key, SamplePatchset.Text("what is not signed\n"), lines);
        var bytes = Convert.FromBase64String(key.ToString());
        bytes[20] ^= 1;
        Refuse(MinisignPublicKey.Parse(Convert.ToBase64String(bytes)), Content, lines);
        Refuse(MinisignSecretKey.Generate().PublicKey, Content, lines).ShouldBe(PatchsetErrorCode.UntrustedKey);
    }

    [Fact]
    public void A_signature_of_another_algorithm_or_shape_is_malformed()
    {
        var key = MinisignSecretKey.Generate();
        var lines = key.Sign(Content, "c", "u").TrimEnd().Split('\n');
        var other = Convert.FromBase64String(lines[1]);
        "XX"u8.CopyTo(other);
        foreach (
            var text in (string[])
                [
                    "",
                    "x",
                    string.Join('\n', lines[..3]),
                    string.Join('\n', [.. lines, "more"]),
                    string.Join('\n', lines).ToUpperInvariant(),
                    string.Join('\n', [lines[0], Convert.ToBase64String(other), .. lines[2..]]),
                    string.Join('\n', [lines[0], lines[1][..^4], .. lines[2..]]),
                    string.Join('\n', [lines[0], lines[1], lines[2] + new string('c', 9000), lines[3]]),
                ]
        )
        {
            Should
                .Throw<PatchsetException>(() => new TrustedKeys([key.PublicKey]).Verify(Content, text, "content"))
                .Code.ShouldBe(PatchsetErrorCode.BadSignature, text);
        }
    }

    [Fact]
    public void Damaged_keys_are_told()
    {
        var key = MinisignSecretKey.Generate();
        var bytes = Convert.FromBase64String(key.ToText().Split('\n')[1]);
        bytes[70] ^= 1;
        BadKey(() => MinisignSecretKey.Parse(Convert.ToBase64String(bytes), null))
            .ShouldBe("the secret key is damaged");
        BadKey(() => MinisignSecretKey.Parse("x", null)).ShouldBe("not a minisign secret key");
        foreach (
            var text in (string[])
                [
                    "",
                    "x",
                    key.PublicKey.ToString()[..^4],
                    "RX" + key.PublicKey.ToString()[2..],
                    "a\nb\n" + key.PublicKey,
                ]
        )
            BadKey(() => MinisignPublicKey.Parse(text)).ShouldBe("not a minisign public key");
    }

    private static string BadKey(Action read)
    {
        var refusal = Should.Throw<PatchsetException>(read);
        refusal.Code.ShouldBe(PatchsetErrorCode.BadKey);
        return refusal.Message;
    }

    private static string Altered(string base64, int at)
    {
        var bytes = Convert.FromBase64String(base64);
        bytes[at] ^= 1;
        return Convert.ToBase64String(bytes);
    }

    private PatchsetErrorCode Refuse(MinisignPublicKey key, byte[] content, string[] signature)
    {
        _minisign.Write("altered", content);
        _minisign.Write("altered.pub", key.ToText("key"));
        _minisign.Write("altered.minisig", string.Join('\n', signature) + "\n");
        _minisign.Accepts("altered", "altered.minisig", "altered.pub").ShouldBeFalse();
        return Should
            .Throw<PatchsetException>(() =>
                new TrustedKeys([key]).Verify(content, string.Join('\n', signature), "content")
            )
            .Code;
    }
}
