using Spectre.Console;

namespace EPortal.Cli;

/// <summary>A column of a table; numbers stand at its right edge. Plain tables make it at least so wide.</summary>
internal sealed record CliColumn(string Title, bool IsNumber = false, int MinWidth = 0)
{
    public static implicit operator CliColumn(string title) => new(title);

    public static CliColumn Number(string title) => new(title, IsNumber: true);
}

/// <summary>A table for people: framed on a terminal, plain aligned columns elsewhere.</summary>
internal sealed class CliTable(params CliColumn[] columns)
{
    private const int FrameOfColumn = 3;

    private readonly List<string[]> _rows = [];

    /// <summary>Told in place of rows where there are none: what is missing, and how to get one.</summary>
    public required string Empty { get; init; }

    /// <summary>Adds a row, a cell a column; null is an empty cell.</summary>
    public void Add(params object?[] cells)
    {
        if (cells.Length != columns.Length)
            throw new ArgumentException($"{cells.Length} cells for {columns.Length} columns", nameof(cells));
        _rows.Add([
            .. cells.Select(cell =>
                CliText.Safe(cell is IFormattable number ? number.ToString(null, null) : cell?.ToString() ?? "")
            ),
        ]);
    }

    /// <summary>Writes it; a frame that would not fit would break every line, so a wide table goes without.</summary>
    public void Write(CliContext context)
    {
        if (!context.OutIsTerminal || Widths().Sum(width => width + FrameOfColumn) >= context.Width)
            WritePlain(context);
        else if (_rows.Count > 0)
            WriteFramed(context);
        else
            context.Note(Empty);
    }

    private void WriteFramed(CliContext context)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            table.AddColumn(
                new TableColumn(new Text(column.Title)) { Alignment = column.IsNumber ? Justify.Right : Justify.Left }
            );
        }

        foreach (var row in _rows)
            table.AddRow(row.Select(cell => new Text(cell)));
        var console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Out = new AnsiConsoleOutput(context.Out),
            }
        );
        console.Profile.Width = context.Width;
        console.Write(table);
    }

    /// <summary>Writes aligned columns, whatever the output is; without rows the titles go to programs alone.</summary>
    public void WritePlain(CliContext context)
    {
        if (_rows.Count == 0)
            context.Note(Empty);
        if (_rows.Count == 0 && context.OutIsTerminal)
            return;
        var widths = Widths();
        context.Out.WriteLine(Line(columns.Select(column => column.Title).ToArray(), " | "));
        context.Out.WriteLine(string.Join(" + ", widths.Select(width => new string('-', width))));
        foreach (var row in _rows)
            context.Out.WriteLine(Line(row, " | "));

        string Line(string[] cells, string separator) =>
            string.Join(
                    separator,
                    cells.Select((cell, i) => columns[i].IsNumber ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))
                )
                .TrimEnd();
    }

    private int[] Widths() =>
        [
            .. columns.Select(
                (column, i) =>
                    _rows.Select(row => row[i].Length).Append(column.Title.Length).Append(column.MinWidth).Max()
            ),
        ];
}
