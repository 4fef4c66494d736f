using System.Text.RegularExpressions;
using EPortal.Hosting;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Data;

/// <summary>
/// SQL outside of <c>Data/Sqlite</c> is of the subset that SQLite and PostgreSQL share; what is not comes from
/// <c>SqlDialect</c>. So is that of the suites which all databases run.
/// </summary>
public sealed partial class PortableSqlTests
{
    [Fact]
    public void All_sql_of_features_is_portable()
    {
        var texts = Texts(
            typeof(WebPortal).Assembly.Location,
            type =>
                type.StartsWith("EPortal.", StringComparison.Ordinal)
                && !type.StartsWith("EPortal.Data.Sqlite.", StringComparison.Ordinal)
        );

        texts.Count.ShouldBeGreaterThan(200);
        ProblemsOf(texts).ShouldBeEmpty();
    }

    [Fact]
    public void All_sql_of_the_suites_of_the_store_is_portable()
    {
        var suites = typeof(StoreContract)
            .Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(StoreContract)) || type == typeof(TestStore))
            .Select(type => type.FullName)
            .ToHashSet();

        var texts = Texts(typeof(StoreContract).Assembly.Location, suites.Contains);

        texts.Count.ShouldBeGreaterThan(50);
        ProblemsOf(texts).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("SELECT value FROM json_each(@a)", "json_each")]
    [InlineData("SELECT 1 FROM a x CROSS JOIN b y ON y.id = x.id", "CROSS JOIN with ON")]
    [InlineData("SELECT 1 FROM a x\nCROSS JOIN b ON b.id = x.id", "CROSS JOIN with ON")]
    [InlineData("SELECT 1 FROM a INDEXED BY b WHERE", "INDEXED BY")]
    [InlineData("SELECT 1 FROM a WHERE +x.c = 1", "unary plus")]
    [InlineData("SELECT 1 FROM a ORDER BY b COLLATE NOCASE", "COLLATE NOCASE")]
    [InlineData("SELECT 1 FROM a WHERE b LIKE @c", "LIKE")]
    [InlineData("INSERT OR REPLACE INTO a", "INSERT OR")]
    [InlineData("UPDATE a SET b = max(b, @c)", "max of two")]
    [InlineData("UPDATE a SET b = min(b, (SELECT c FROM d))", "max of two")]
    [InlineData("SELECT instr(a, 'b') FROM c", "instr")]
    [InlineData("SELECT ifnull(a, 1) FROM c", "ifnull")]
    [InlineData("PRAGMA user_version", "PRAGMA")]
    [InlineData("BEGIN IMMEDIATE", "BEGIN IMMEDIATE")]
    [InlineData("SELECT rowid FROM a", "rowid")]
    [InlineData("SELECT count(*) FROM (SELECT 1 FROM a)", "subquery without a name")]
    [InlineData("SELECT max(a), min(b) FROM c CROSS JOIN d WHERE e = a + b", null)]
    [InlineData("SELECT count(*) FROM (SELECT 1 FROM a) x WHERE b IN (SELECT c FROM d)", null)]
    public void What_is_not_portable_is_noticed(string sql, string? problem) => ProblemOrNull(sql).ShouldBe(problem);

    private static IEnumerable<string> ProblemsOf(IEnumerable<(string Where, string Text)> texts) =>
        texts
            .Where(text => ProblemOrNull(text.Text) is not null)
            .Select(text => $"{text.Where}: {ProblemOrNull(text.Text)}: {text.Text}");

    private static string? ProblemOrNull(string sql) =>
        Problems.Where(problem => problem.Pattern.IsMatch(sql)).Select(problem => problem.Name).FirstOrDefault();

    private static readonly (string Name, Regex Pattern)[] Problems =
    [
        ("json_each", Of(@"\bjson_\w+\(")),
        ("CROSS JOIN with ON", Of(@"\bCROSS JOIN \w+( \w+)? ON\b")),
        ("INDEXED BY", Of(@"\bINDEXED BY\b")),
        ("unary plus", Of(@"(?<=\b(WHERE|AND|OR|ON|BY)\s|\()\+\s?\w")),
        ("COLLATE NOCASE", Of(@"\bNOCASE\b")),
        ("LIKE", Of(@"\bI?LIKE\b")),
        ("INSERT OR", Of(@"\b(INSERT|UPDATE) OR\b")),
        ("max of two", Of(@"\b(max|min)\((?>[^(),]|\([^()]*\))*,")),
        ("instr", Of(@"\binstr\(")),
        ("ifnull", Of(@"\bifnull\(")),
        ("PRAGMA", Of(@"\bPRAGMA\b|\bpragma_|\bsqlite_")),
        ("BEGIN IMMEDIATE", Of(@"\bBEGIN (IMMEDIATE|EXCLUSIVE|DEFERRED)\b")),
        ("rowid", Of(@"\b_?rowid\b")),
        ("GLOB", Of(@"\b(GLOB|REGEXP)\b")),
        ("date functions", Of(@"\b(strftime|julianday|unixepoch|datetime)\(")),
        ("group_concat", Of(@"\bgroup_concat\(|\bprintf\(|\btypeof\(|\bchanges\(\)|\blast_insert_rowid\b")),
        ("AUTOINCREMENT", Of(@"\bAUTOINCREMENT\b|\bWITHOUT ROWID\b")),
        ("subquery without a name", Of(@"\bFROM \((?>[^()]|\((?>[^()]|\([^()]*\))*\))*\)(?! *(AS )?\w)")),
    ];

    private static Regex Of(string pattern) => new(pattern, RegexOptions.CultureInvariant);

    /// <summary>
    /// All SQL in types of these names and in types that lie in them; pieces of interpolated texts each for itself.
    /// </summary>
    private static List<(string Where, string Text)> Texts(string assembly, Func<string, bool> isWanted)
    {
        using var module = ModuleDefinition.ReadModule(assembly);
        return
        [
            .. module
                .GetTypes()
                .Where(type => isWanted(Outermost(type).FullName))
                .SelectMany(type => type.Methods)
                .Where(method => method.HasBody)
                .SelectMany(method =>
                    method
                        .Body.Instructions.Where(instruction => instruction.OpCode == OpCodes.Ldstr)
                        .Select(instruction => (method.FullName, (string)instruction.Operand))
                )
                .Where(text => Sql().IsMatch(text.Item2)),
        ];
    }

    private static TypeDefinition Outermost(TypeDefinition type) =>
        type.DeclaringType is { } outer ? Outermost(outer) : type;

    [GeneratedRegex(
        @"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|JOIN|ORDER BY|PRAGMA|BEGIN [A-Z]+|COLLATE|LIKE|INDEXED)\b"
    )]
    private static partial Regex Sql();
}
