using System.Text;
using ICU4N;
using ICU4N.Globalization;
using ICU4N.Text;

namespace EPortal.Accounts;

/// <summary>
/// The one rule for user names, wherever they come from: after RFC 8265 (UsernameCaseMapped), with Unicode's own
/// tables. A name has one writing but for capitals (NFKC changes nothing), holds letters, digits and the visible signs
/// of ASCII, and letters of one script. Names are compared folded (NFKC with full case folding). Accounts that were
/// made before the rule stay as they are.
/// </summary>
internal static class UserName
{
    /// <summary>Most characters of a name (UTF-16).</summary>
    public const int MaxLength = 64;

    private static readonly Normalizer2 s_compatible = Normalizer2.NFKCInstance;
    private static readonly Normalizer2 s_folded = Normalizer2.NFKCCaseFoldInstance;
    private static readonly Normalizer2 s_apart = Normalizer2.NFDInstance;

    /// <summary>
    /// Scripts that one name may mix (UTS 39, 5.2, highly restrictive): those of Chinese, Japanese and Korean, with
    /// Latin letters.
    /// </summary>
    private const int LongVowelMark = 0x30FC;

    private static readonly int[][] s_mixed =
    [
        [UScript.Latin, UScript.Han, UScript.Hiragana, UScript.Katakana],
        [UScript.Latin, UScript.Han, UScript.Bopomofo],
        [UScript.Latin, UScript.Han, UScript.Hangul],
    ];

    /// <summary>
    /// A name for comparisons: names that differ in capitals, width or invisible characters alone are the same.
    /// </summary>
    public static string Fold(string name) => s_folded.Normalize(name);

    /// <summary>
    /// The same without accents and other marks, for what must not be passed by: some directories take letters with and
    /// without them for one another.
    /// </summary>
    public static string FoldWithoutMarks(string name) =>
        string.Concat(
            s_apart
                .Normalize(Fold(name))
                .EnumerateRunes()
                .Where(rune => CategoryOf(rune) != UUnicodeCategory.NonSpacingMark)
                .Select(rune => rune.ToString())
        );

    /// <summary>Whether a text can be the name of a user.</summary>
    public static bool IsAllowed(string name) => ProblemOrNull(name) is null;

    /// <summary>
    /// What guesses at a user's password are counted by: the name, folded. Null for what is nobody's, of those who were
    /// there before the rule either; nothing is made of a text that is too long.
    /// </summary>
    public static string? HolderOrNull(string name) =>
        name.Length is > 0 and <= MaxLength && !name.Any(char.IsControl) ? Fold(name) : null;

    /// <summary>Why a text cannot be the name of a user, in one sentence; null when it can.</summary>
    public static string? ProblemOrNull(string name) => PlainProblemOrNull(name) ?? LookalikeProblemOrNull(name);

    /// <summary>
    /// Whether a text that cannot be a name could pass for another one: it holds what is not seen, stands for other
    /// letters or turns text round. Others are merely too long, or hold a space.
    /// </summary>
    public static bool IsLookalike(string name) =>
        LookalikeProblemOrNull(name.Replace(" ", "", StringComparison.Ordinal)) is not null;

    // It stands in addresses too, where a slash would part it and dots would lead elsewhere.
    private static string? PlainProblemOrNull(string name) =>
        name switch
        {
            { Length: 0 or > MaxLength } => $"invalid user name: use 1 to {MaxLength} characters",
            "." or ".." => "invalid user name: . and .. are not allowed",
            _ when name.Contains('/') || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) =>
                "invalid user name: spaces, slashes and line breaks are not allowed",
            _ => null,
        };

    private static string? LookalikeProblemOrNull(string name)
    {
        if (name.EnumerateRunes().FirstOrDefault(rune => !IsSign(rune)) is { Value: not 0 } odd)
            return $"invalid user name: U+{odd.Value:X4} is not allowed; use letters, digits and ASCII punctuation";
        if (!s_compatible.IsNormalized(name))
            return "invalid user name: look-alike letters (full-width, ligatures, superscript) are not allowed";
        if (Fold(name).EnumerateRunes().Any(IsLooseMark) || HasLooseVowelMark(name))
            return "invalid user name: accents without a letter are not allowed";
        return HasOneScript(name)
            ? null
            : "invalid user name: letters of several scripts, such as Latin and Cyrillic, are not allowed";
    }

    private static bool IsSign(Rune rune) =>
        rune.IsAscii
            ? rune.Value is > ' ' and < 0x7f
            : CategoryOf(rune)
                is UUnicodeCategory.UppercaseLetter
                    or UUnicodeCategory.LowercaseLetter
                    or UUnicodeCategory.TitlecaseLetter
                    or UUnicodeCategory.OtherLetter
                    or UUnicodeCategory.DecimalDigitNumber
                    or UUnicodeCategory.NonSpacingMark
                    or UUnicodeCategory.SpacingCombiningMark
                && Fold(rune.ToString()).Length > 0 // what is ignored folds to nothing
                || IsScriptsModifier(rune);

    /// <summary>
    /// Modifier letters that words of one script are written with. Those of all scripts (U+02B9, U+0640) pass for signs
    /// or for nothing.
    /// </summary>
    private static bool IsScriptsModifier(Rune rune) =>
        CategoryOf(rune) is UUnicodeCategory.ModifierLetter
        && ScriptOf(rune) is not (UScript.Common or UScript.Inherited);

    /// <summary>
    /// A mark that belongs to no script in particular, and that no letter has taken up: servers tend to drop it.
    /// </summary>
    private static bool IsLooseMark(Rune rune) =>
        CategoryOf(rune) is UUnicodeCategory.NonSpacingMark or UUnicodeCategory.SpacingCombiningMark
        && UScript.GetScript(rune.Value) is UScript.Inherited or UScript.Common;

    private static bool HasOneScript(string name)
    {
        var scripts = name.EnumerateRunes()
            .Select(ScriptOf)
            .Where(script => script is not (UScript.Common or UScript.Inherited))
            .ToHashSet();
        return scripts.Count <= 1 || s_mixed.Any(scripts.IsSubsetOf);
    }

    /// <summary>The long vowel mark behind a letter that is no Kana, where it passes for a dash.</summary>
    private static bool HasLooseVowelMark(string name)
    {
        var runes = name.EnumerateRunes().ToList();
        return Enumerable
            .Range(0, runes.Count)
            .Any(n =>
                runes[n].Value == LongVowelMark
                && (n == 0 || ScriptOf(runes[n - 1]) is not (UScript.Hiragana or UScript.Katakana))
            );
    }

    /// <summary>Its script; that of the long vowel mark is said to be none in particular.</summary>
    private static int ScriptOf(Rune rune) =>
        rune.Value == LongVowelMark ? UScript.Katakana : UScript.GetScript(rune.Value);

    private static UUnicodeCategory CategoryOf(Rune rune) => UChar.GetUnicodeCategory(rune.Value);
}
