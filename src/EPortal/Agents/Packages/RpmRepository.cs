using System.Globalization;
using System.Text;
using System.Xml;

namespace EPortal.Agents.Packages;

/// <summary>
/// The metadata of an RPM repository, as <c>createrepo_c</c> writes it and yum, dnf and zypper read it, signed. Lists
/// have their hash in their name.
/// </summary>
internal static class RpmRepository
{
    private const string Metadata = "repodata/";
    private const string Common = "http://linux.duke.edu/metadata/common";
    private const string RpmNames = "http://linux.duke.edu/metadata/rpm";
    private const string RepoNames = "http://linux.duke.edu/metadata/repo";

    /// <summary>Kinds of dependencies: element, and tags of names, flags and versions.</summary>
    private static readonly (string Element, int Names, int Flags, int Versions)[] Dependencies =
    [
        ("provides", 1047, 1112, 1113),
        ("requires", 1049, 1048, 1050),
        ("conflicts", 1054, 1053, 1055),
        ("obsoletes", 1090, 1114, 1115),
        ("suggests", 5049, 5051, 5050),
        ("recommends", 5046, 5048, 5047),
    ];

    /// <summary>A package as it is served.</summary>
    /// <param name="Rpm">What it says of itself.</param>
    /// <param name="Name">Its name in the repository.</param>
    /// <param name="File">The file.</param>
    /// <param name="Changed">When it came, in seconds since 1970.</param>
    internal sealed record Served(RpmPackage Rpm, string Name, RepositoryFile File, long Changed);

    /// <summary>All files by their path in the repository.</summary>
    /// <param name="packages">Packages on offer.</param>
    /// <param name="key">Signs it.</param>
    /// <param name="now">When it is made.</param>
    public static Dictionary<string, RepositoryFile> Build(
        IReadOnlyList<Served> packages,
        RepositoryKey key,
        DateTimeOffset now
    )
    {
        var files = packages.ToDictionary(p => PathOf(p.Name), p => p.File, StringComparer.Ordinal);
        var seconds = now.ToUnixTimeSeconds();
        var lists = new (string Kind, RepositoryFile Plain)[]
        {
            ("primary", List("metadata", Common, packages, Primary)),
            (
                "filelists",
                List(
                    "filelists",
                    "http://linux.duke.edu/metadata/filelists",
                    packages,
                    (xml, package) => FileList(xml, Files(package.Rpm.Header))
                )
            ),
            ("other", List("otherdata", "http://linux.duke.edu/metadata/other", packages, (_, _) => { })),
        };
        var index = Xml(xml =>
        {
            xml.WriteStartElement("repomd", RepoNames);
            xml.WriteElementString("revision", Text(seconds));
            foreach (var (kind, plain) in lists)
            {
                var packed = plain.Gzip();
                var path = $"{Metadata}{packed.Sha256}-{kind}.xml.gz";
                files[path] = packed;
                Announce(xml, kind, path, plain, packed, seconds);
            }

            xml.WriteEndElement();
        });
        files[Metadata + "repomd.xml"] = index;
        files[Metadata + "repomd.xml.asc"] = RepositoryFile.Of(key.SignAsText(index.Content));
        return files;
    }

    private static string PathOf(string name) => $"packages/{name}";

    private static void Announce(
        XmlWriter xml,
        string kind,
        string path,
        RepositoryFile plain,
        RepositoryFile packed,
        long seconds
    )
    {
        xml.WriteStartElement("data");
        xml.WriteAttributeString("type", kind);
        Checksum(xml, "checksum", packed.Sha256);
        Checksum(xml, "open-checksum", plain.Sha256);
        xml.WriteStartElement("location");
        xml.WriteAttributeString("href", path);
        xml.WriteEndElement();
        xml.WriteElementString("timestamp", Text(seconds));
        xml.WriteElementString("size", Text(packed.Size));
        xml.WriteElementString("open-size", Text(plain.Size));
        xml.WriteEndElement();
    }

    private static RepositoryFile List(
        string root,
        string names,
        IReadOnlyList<Served> packages,
        Action<XmlWriter, Served> write
    ) =>
        Xml(xml =>
        {
            xml.WriteStartElement(root, names);
            if (names == Common)
                xml.WriteAttributeString("xmlns", "rpm", null, RpmNames);
            xml.WriteAttributeString("packages", Text(packages.Count));
            foreach (var package in packages)
            {
                xml.WriteStartElement("package");
                if (names == Common)
                    xml.WriteAttributeString("type", "rpm");
                else
                    Identify(xml, package);
                write(xml, package);
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        });

    private static void Identify(XmlWriter xml, Served package)
    {
        xml.WriteAttributeString("pkgid", package.File.Sha256);
        xml.WriteAttributeString("name", package.Rpm.Name);
        xml.WriteAttributeString("arch", package.Rpm.Architecture);
        Version(xml, package.Rpm);
    }

    private static void Version(XmlWriter xml, RpmPackage rpm)
    {
        xml.WriteStartElement("version");
        xml.WriteAttributeString("epoch", Text(rpm.Epoch));
        xml.WriteAttributeString("ver", rpm.Version);
        xml.WriteAttributeString("rel", rpm.Release);
        xml.WriteEndElement();
    }

    private static void Primary(XmlWriter xml, Served package)
    {
        var header = package.Rpm.Header;
        xml.WriteElementString("name", package.Rpm.Name);
        xml.WriteElementString("arch", package.Rpm.Architecture);
        Version(xml, package.Rpm);
        xml.WriteStartElement("checksum");
        xml.WriteAttributeString("type", "sha256");
        xml.WriteAttributeString("pkgid", "YES");
        xml.WriteString(package.File.Sha256);
        xml.WriteEndElement();
        xml.WriteElementString("summary", header.Text(1004));
        xml.WriteElementString("description", header.Text(1005));
        xml.WriteElementString("packager", header.Text(1015));
        xml.WriteElementString("url", header.Text(1020));
        xml.WriteStartElement("time");
        xml.WriteAttributeString("file", Text(package.Changed));
        xml.WriteAttributeString("build", Text(package.Rpm.Built));
        xml.WriteEndElement();
        xml.WriteStartElement("size");
        xml.WriteAttributeString("package", Text(package.File.Size));
        xml.WriteAttributeString("installed", Text(header.NumberOrNull(1009) ?? 0));
        xml.WriteAttributeString("archive", Text(package.Rpm.PayloadSize));
        xml.WriteEndElement();
        xml.WriteStartElement("location");
        xml.WriteAttributeString("href", PathOf(package.Name));
        xml.WriteEndElement();
        xml.WriteStartElement("format");
        Format(xml, package);
        xml.WriteEndElement();
    }

    private static void Format(XmlWriter xml, Served package)
    {
        var header = package.Rpm.Header;
        xml.WriteElementString("license", RpmNames, header.Text(1014));
        xml.WriteElementString("vendor", RpmNames, header.Text(1011));
        xml.WriteElementString("group", RpmNames, header.Text(1016));
        xml.WriteElementString("buildhost", RpmNames, header.Text(1007));
        xml.WriteElementString("sourcerpm", RpmNames, header.Text(1044));
        // Where the header lies in the file that is served, whose signatures have another length.
        var shift = package.File.Size - package.Rpm.FileSize;
        xml.WriteStartElement("header-range", RpmNames);
        xml.WriteAttributeString("start", Text(package.Rpm.HeaderStart + shift));
        xml.WriteAttributeString("end", Text(package.Rpm.HeaderEnd + shift));
        xml.WriteEndElement();
        foreach (var (element, names, flags, versions) in Dependencies)
            Relations(xml, element, header.Texts(names), header.Numbers(flags), header.Texts(versions));
        FileList(xml, Files(header).Where(file => IsImportant(file.Path)));
    }

    private static void Relations(
        XmlWriter xml,
        string element,
        IReadOnlyList<string> names,
        IReadOnlyList<long> flags,
        IReadOnlyList<string> versions
    )
    {
        var wanted = Enumerable
            .Range(0, names.Count)
            // What rpm itself must be able to do is checked by rpm, not by those who choose packages.
            .Where(i => !names[i].StartsWith("rpmlib(", StringComparison.Ordinal))
            .ToList();
        if (wanted.Count == 0)
            return;
        xml.WriteStartElement(element, RpmNames);
        foreach (var i in wanted)
        {
            xml.WriteStartElement("entry", RpmNames);
            xml.WriteAttributeString("name", names[i]);
            var sense = i < flags.Count ? Sense(flags[i]) : null;
            if (sense is not null && i < versions.Count && versions[i].Length > 0)
                Relation(xml, sense, versions[i]);
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Relation(XmlWriter xml, string sense, string version)
    {
        var epoch = version.IndexOf(':', StringComparison.Ordinal);
        var release = version.LastIndexOf('-');
        xml.WriteAttributeString("flags", sense);
        xml.WriteAttributeString("epoch", epoch < 0 ? "0" : version[..epoch]);
        xml.WriteAttributeString("ver", version[(epoch + 1)..(release > epoch ? release : version.Length)]);
        if (release > epoch)
            xml.WriteAttributeString("rel", version[(release + 1)..]);
    }

    /// <summary>How a version is compared; null where it is not.</summary>
    private static string? Sense(long flags) =>
        (flags & 14) switch
        {
            2 => "LT",
            4 => "GT",
            8 => "EQ",
            10 => "LE",
            12 => "GE",
            _ => null,
        };

    private static void FileList(XmlWriter xml, IEnumerable<(string Path, bool IsFolder)> files)
    {
        foreach (var (path, isFolder) in files)
        {
            xml.WriteStartElement("file");
            if (isFolder)
                xml.WriteAttributeString("type", "dir");
            xml.WriteString(path);
            xml.WriteEndElement();
        }
    }

    private static IEnumerable<(string Path, bool IsFolder)> Files(RpmHeader header)
    {
        var (names, folders) = (header.Texts(1117), header.Texts(1118));
        var (indexes, modes) = (header.Numbers(1116), header.Numbers(1030));
        for (var i = 0; i < names.Count && i < indexes.Count; i++)
        {
            if (indexes[i] >= 0 && indexes[i] < folders.Count)
                yield return (folders[(int)indexes[i]] + names[i], i < modes.Count && (modes[i] & 0xf000) == 0x4000);
        }
    }

    /// <summary>Files that other packages depend on by their path stand in the first list too.</summary>
    private static bool IsImportant(string path) =>
        path.StartsWith("/etc/", StringComparison.Ordinal)
        || path.Contains("bin/", StringComparison.Ordinal)
        || path == "/usr/lib/sendmail";

    private static void Checksum(XmlWriter xml, string element, string sha256)
    {
        xml.WriteStartElement(element);
        xml.WriteAttributeString("type", "sha256");
        xml.WriteString(sha256);
        xml.WriteEndElement();
    }

    private static RepositoryFile Xml(Action<XmlWriter> write)
    {
        using var content = new MemoryStream();
        using (
            var xml = XmlWriter.Create(
                content,
                new XmlWriterSettings
                {
                    Encoding = new UTF8Encoding(false),
                    Indent = true,
                    NewLineChars = "\n",
                }
            )
        )
            write(xml);
        return RepositoryFile.Of(content.ToArray());
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
