using System.Globalization;
using System.Numerics;
using Superpower;
using Superpower.Model;
using Superpower.Parsers;

namespace EPortal.Hosting;

/// <summary>
/// The grammar of one value: quoted strings, numbers and products of numbers, <c>True</c>, <c>False</c>,
/// <c>None</c>, and lists of these, which may span lines and carry comments.
/// </summary>
internal static class SettingsGrammar
{
    /// <summary>
    /// Some editors write it at the beginning of a file; files put together from several have more of them.
    /// </summary>
    private const char ByteOrderMark = '\uFEFF';

    /// <summary>
    /// What may stand between two parts of one line: spaces, tabs, and the odd blanks that come with copied text.
    /// </summary>
    public static TextParser<Unit> Blank { get; } =
        Character.Matching(c => c != '\n' && (char.IsWhiteSpace(c) || c == ByteOrderMark), "a blank").IgnoreMany();

    public static TextParser<Unit> Comment { get; } =
        Character.EqualTo('#').IgnoreThen(Character.Except('\n').IgnoreMany());

    /// <summary>What may stand between two items of a list, and between two assignments.</summary>
    public static TextParser<Unit> Gap { get; } =
        Character
            .Matching(c => char.IsWhiteSpace(c) || c == ByteOrderMark, "a blank")
            .Value(Unit.Value)
            .Or(Comment)
            .IgnoreMany();

    private static readonly TextParser<SettingsValue> Word = Span.WithAll(char.IsLetter)
        .Where(word => Named(word.ToStringValue()) is not null)
        .Select(word => Named(word.ToStringValue())!);

    private static readonly TextParser<SettingsValue> Digits = Span.Regex(
            @"(?:0[xX][0-9a-fA-F_]+|([0-9][0-9_]*(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?)"
        )
        .Where(number => ReadNumber(number.ToStringValue()) is not null, "a number without leading zeros")
        .Select(number => ReadNumber(number.ToStringValue())!)
        .Named("a number");

    private static readonly TextParser<SettingsValue> Factor =
        from sign in Character.In('-', '+').OptionalOrDefault('+')
        from number in Digits
        select sign == '-' ? Negate(number) : number;

    private static readonly TextParser<Unit> Times = Blank.IgnoreThen(Character.EqualTo('*')).IgnoreThen(Blank);

    private static readonly TextParser<SettingsValue> Scalar = SettingsText
        .Quoted.Select(SettingsValue.Of)
        .Or(Word.Try())
        .Or(Product)
        .Named("a quoted string, a number, True, False, None");

    /// <summary>One value.</summary>
    public static TextParser<SettingsValue> Value { get; } = Scalar.Or(List);

    /// <summary>Reads a text that is one value and nothing else, or answers null.</summary>
    public static SettingsValue? ReadOrNull(string text)
    {
        var result = Gap.IgnoreThen(Value).Then(value => Gap.Value(value)).AtEnd().TryParse(text);
        return result.HasValue ? result.Value : null;
    }

    /// <summary>
    /// A number, or numbers with <c>*</c> between them. Blanks behind it that no <c>*</c> follows are not part of it.
    /// </summary>
    private static Result<SettingsValue> Product(TextSpan input)
    {
        var product = Factor(input);
        while (product.HasValue)
        {
            var times = Times(product.Remainder);
            if (!times.HasValue)
                break;
            var factor = Factor(times.Remainder);
            if (!factor.HasValue)
                return factor;
            product = Result.Value(Multiply(product.Value, factor.Value), input, factor.Remainder);
        }

        return product;
    }

    /// <summary>
    /// What <c>true</c>, <c>false</c> or <c>none</c> in any case means, as programs other than Python write them; else
    /// null.
    /// </summary>
    public static SettingsValue? NamedOrNull(string word) =>
        word.Length > 0 ? Named(char.ToUpperInvariant(word[0]) + word[1..].ToLowerInvariant()) : null;

    private static Result<SettingsValue> List(TextSpan input)
    {
        var open = Character.EqualTo('[').Named("a list")(input);
        if (!open.HasValue)
            return Result.CastEmpty<char, SettingsValue>(open);
        var items = new List<SettingsValue>();
        var rest = Gap(open.Remainder).Remainder;
        var separated = true;
        while (true)
        {
            var close = Character.EqualTo(']')(rest);
            if (close.HasValue)
                return Result.Value<SettingsValue>(new SettingsValue.Items(items), input, close.Remainder);
            if (!separated)
                return Result.Empty<SettingsValue>(rest, ["a comma", "a closing bracket"]);
            var item = Scalar(rest);
            if (!item.HasValue)
                return item;
            items.Add(item.Value);
            rest = Gap(item.Remainder).Remainder;
            var comma = Character.EqualTo(',')(rest);
            separated = comma.HasValue;
            if (separated)
                rest = Gap(comma.Remainder).Remainder;
        }
    }

    private static SettingsValue? Named(string word) =>
        word switch
        {
            "True" => new SettingsValue.Flag(true),
            "False" => new SettingsValue.Flag(false),
            "None" => SettingsValue.Nothing,
            _ => null,
        };

    private static SettingsValue? ReadNumber(string text)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return
                BigInteger.TryParse(
                    "0" + digits[2..],
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var hex
                )
                && digits.Length > 2
                ? new SettingsValue.Whole(hex)
                : null;
        }

        if (digits.AsSpan().ContainsAny('.', 'e', 'E'))
        {
            return double.TryParse(digits, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
                ? new SettingsValue.Real(real)
                : null;
        }

        // Python refuses 010 because it once meant eight; so does this.
        return digits.Length > 1 && digits[0] == '0'
            ? null
            : new SettingsValue.Whole(BigInteger.Parse(digits, CultureInfo.InvariantCulture));
    }

    private static SettingsValue Negate(SettingsValue number) =>
        number is SettingsValue.Whole whole
            ? new SettingsValue.Whole(-whole.Value)
            : new SettingsValue.Real(-ToDouble(number));

    private static SettingsValue Multiply(SettingsValue left, SettingsValue right) =>
        left is SettingsValue.Whole a && right is SettingsValue.Whole b
            ? new SettingsValue.Whole(a.Value * b.Value)
            : new SettingsValue.Real(ToDouble(left) * ToDouble(right));

    private static double ToDouble(SettingsValue number) =>
        number switch
        {
            SettingsValue.Whole whole => (double)whole.Value,
            SettingsValue.Real real => real.Value,
            _ => throw new InvalidOperationException($"{number} is not a number"),
        };
}
