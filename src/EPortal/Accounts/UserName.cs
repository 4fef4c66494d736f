using System.Text;
using ICU4N;
using ICU4N.Globalization;
using ICU4N.Text;

namespace EPortal.Accounts;

/// <summary>
/// The one rule for user names, wherever they come from: after RFC 8265 (UsernameCaseMapped), with Unicode's own tables. A name has one
/// writing but for capitals (NFKC changes nothing), holds letters, digits and the visible signs of ASCII, and letters of one script.
/// Names are compared folded (NFKC with full case folding). Accounts that were made before the rule stay as they are.
/// </summary>
internal static class UserName
{
    /// <summary>Most characters of a name (UTF-16).</summary>
    public const int MaxLength = 64;

    private static readonly Normalizer2 s_compatible = Normalizer2.NFKCInstance;
    private static readonly Normalizer2 s_folded = Normalizer2.NFKCCaseFoldInstance;
    private static readonly Normalizer2 s_apart = Normalizer2.NFDInstance;

    /// <summary>Scripts that one name may mix (UTS 39, 5.2, highly restrictive): those of Chinese, Japanese and Korean, with Latin letters.</summary>
    private static readonly int[][] s_mixed =
    [
        [UScript.Latin, UScript.Han, UScript.Hiragana, UScript.Katakana],
        [UScript.Latin, UScript.Han, UScript.Bopomofo],
        [UScript.Latin, UScript.Han, UScript.Hangul],
    ];

    /// <summary>A name for comparisons: names that differ in capitals, width or invisible characters alone are the same.</summary>
    public static string Fold(string name) => s_folded.Normalize(name);

    /// <summary>
    /// The same without accents and other marks, for what must not be passed by: some directories take letters with and without them
    /// for one another.
    /// </summary>
    public static string FoldWithoutMarks(string name) =>
        string.Concat(s_apart.Normalize(Fold(name)).EnumerateRunes().Where(rune => CategoryOf(rune) != UUnicodeCategory.NonSpacingMark).Select(rune => rune.ToString()));

    /// <summary>Whether a text can be the name of a user.</summary>
    public static bool IsAllowed(string name) => ProblemOrNull(name) is null;

    /// <summary>
    /// What guesses at a user's password are counted by: the name, folded. Null for what is nobody's, of those who were there before the rule
    /// either; nothing is made of a text that is too long.
    /// </summary>
    public static string? HolderOrNull(string name) => name.Length is > 0 and <= MaxLength && !name.Any(char.IsControl) ? Fold(name) : null;

    /// <summary>Why a text cannot be the name of a user, in one sentence; null when it can.</summary>
    public static string? ProblemOrNull(string name) => PlainProblemOrNull(name) ?? LookalikeProblemOrNull(name);

    /// <summary>
    /// Whether a text that cannot be a name could pass for another one: it holds what is not seen, stands for other letters or turns
    /// text round. Others are merely too long, or hold a space.
    /// </summary>
    public static bool IsLookalike(string name) => LookalikeProblemOrNull(name.Replace(" ", "", StringComparison.Ordinal)) is not null;

    // It stands in addresses too, where a slash would part it and dots would lead elsewhere.
    private static string? PlainProblemOrNull(string name) => name switch
    {
        { Length: 0 or > MaxLength } => $"A user name must be 1 to {MaxLength} characters long.",
        "." or ".." => "A user name must not be . or ..",
        _ when name.Contains('/') || name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) => "A user name must not hold spaces, slashes or line breaks.",
        _ => null,
    };

    private static string? LookalikeProblemOrNull(string name)
    {
        if (name.EnumerateRunes().FirstOrDefault(rune => !IsSign(rune)) is { Value: not 0 } odd)
            return $"A user name must hold letters, digits and the signs of ASCII only; it holds U+{odd.Value:X4}.";
        if (!s_compatible.IsNormalized(name))
            return "A user name must be written with plain letters: it holds some that stand for others, such as full-width letters, ligatures or raised ones.";
        if (Fold(name).EnumerateRunes().Any(IsLooseMark))
            return "A user name must not hold an accent that no letter takes up.";
        return HasOneScript(name) ? null : "A user name must not mix letters of several scripts, such as Latin and Cyrillic.";
    }

    private static bool IsSign(Rune rune) => rune.IsAscii
        ? rune.Value is > ' ' and < 0x7f
        : CategoryOf(rune) is UUnicodeCategory.UppercaseLetter or UUnicodeCategory.LowercaseLetter or UUnicodeCategory.TitlecaseLetter
            or UUnicodeCategory.ModifierLetter or UUnicodeCategory.OtherLetter or UUnicodeCategory.DecimalDigitNumber
            or UUnicodeCategory.NonSpacingMark or UUnicodeCategory.SpacingCombiningMark
            && Fold(rune.ToString()).Length > 0; // what is ignored folds to nothing

    /// <summary>A mark that belongs to no script in particular, and that no letter has taken up: servers tend to drop it.</summary>
    private static bool IsLooseMark(Rune rune) =>
        CategoryOf(rune) is UUnicodeCategory.NonSpacingMark or UUnicodeCategory.SpacingCombiningMark && UScript.GetScript(rune.Value) is UScript.Inherited or UScript.Common;

    private static bool HasOneScript(string name)
    {
        var scripts = name.EnumerateRunes().Select(rune => UScript.GetScript(rune.Value)).Where(script => script is not (UScript.Common or UScript.Inherited)).ToHashSet();
        return scripts.Count <= 1 || s_mixed.Any(scripts.IsSubsetOf);
    }

    private static UUnicodeCategory CategoryOf(Rune rune) => UChar.GetUnicodeCategory(rune.Value);
}
